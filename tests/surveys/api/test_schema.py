import datetime as dt
import shutil

import pytest
import time_machine
import yaml
from django.core.management import call_command

from surveys.models import ApiKey


def test_the_document_is_valid_and_complete(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))
    document = yaml.safe_load((tmp_path / "schema.yml").read_text("utf-8"))
    assert set(document["paths"]) == {
        "/api/v1/intents/",
        "/api/v1/intents/{source}/{external_id}/",
        "/api/v1/cancellations/",
        "/api/v1/cancellations/{source}/{external_id}/",
        "/api/v1/cancellations/{source}/{external_id}/revert/",
    }
    scheme = document["components"]["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] == [{"ApiKey": []}], (path, method)
            assert "401" in operation["responses"], (path, method)


def test_its_examples_are_accepted(client, db, settings):
    """Documentation that is wrong is worse than none."""
    settings.SURVEY_RETURN_ORIGINS = ["https://app.example.com"]
    document = yaml.safe_load(client.get("/api/v1/schema/").content)
    _key, secret = ApiKey.objects.issue(name="docs")
    for name in ("intents", "cancellations"):
        path = f"/api/v1/{name}/"
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            with time_machine.travel(dt.datetime(2026, 11, 12, 9, 0, tzinfo=dt.UTC)):
                answer = client.post(
                    path,
                    example["value"],
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {secret}"},
                )
            assert answer.status_code == 201, answer.content


def test_the_docs_need_no_inline_script_and_no_inline_style(client):
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    content = page.content.decode()
    assert "<style" not in content
    assert "<script>" not in content
    assert "http://" not in content.replace("http://testserver", "")
    assert "https://" not in content


@pytest.mark.browser
def test_the_docs_break_no_rule_of_the_content_security_policy(live_server):
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto(f"{live_server.url}/api/v1/docs/")
        page.get_by_text("A customer opened the cancel page").click()
        page.get_by_text("visit-3391").first.wait_for()
        browser.close()
    assert not complaints
