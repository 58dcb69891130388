"""The main job in a browser: a cancellation comes in, and a product team reads why."""

import json
import re
import time
import urllib.request

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

CONTACT = "erin@leaver.dev"


def post(url: str, key: str, body: dict) -> dict:
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 201
        return json.load(answer)


def open_page(browser, violations: list[str], **options):
    page = browser.new_context(**options).new_page()
    page.on(
        "console",
        lambda message: violations.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: violations.append(str(error)))
    return page


def test_from_a_cancellation_to_a_reason_in_the_admin(installation, browser):
    violations: list[str] = []
    key = installation.manage("create_api_key", "--name", "billing").strip()
    said = post(
        f"{installation.base_url}/api/v1/cancellations/",
        key,
        {
            "external_id": "cancel-1",
            "customer": {
                "external_id": "acct-1",
                "name": "Leaver & Sons",
                "plan": "Pro",
                "country": "DE",
                "contact": {"email": CONTACT, "name": "Erin"},
            },
            "subscription": {
                "external_id": "sub-1",
                "mrr": "149.00",
                "currency": "USD",
                "started_on": "2024-01-15",
            },
        },
    )

    mail = installation.inbox.wait_for(CONTACT)
    text = mail.get_body(("plain",)).get_content()
    link = re.search(r"http://\S+/s/[\w-]+/(?=\s)", text).group()
    assert said["survey_url"] == link

    phone = open_page(browser, violations, viewport={"width": 320, "height": 720})
    phone.goto(link)
    phone.locator("input[value=price]").check()
    phone.locator("input[value=budget_cut]").check()
    phone.locator("button.button").click()
    phone.wait_for_url("**/2/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    phone.locator("textarea[name=q-stuck]").fill("Nowhere, we simply ran out of money.")
    phone.locator("button.button").click()
    phone.wait_for_url("**/thanks/")

    desk = open_page(browser, violations, viewport={"width": 1280, "height": 900})
    desk.goto(f"{installation.base_url}/admin/")
    desk.fill("input[name=username]", "admin")
    desk.fill("input[name=password]", installation.password)
    desk.locator("input[type=submit], button[type=submit]").first.click()
    desk.wait_for_url("**/admin/")
    answered = time.monotonic()
    while "Budget or cash flow" not in desk.inner_text("main"):
        assert time.monotonic() < answered + 60, "The answer does not get into the figures."
        time.sleep(0.5)
        desk.reload()

    figures = json.loads(
        installation.manage(
            "breakdown", "--from", "2026-01-01", "--to", "2100-01-01", "--by", "year",
            "--format", "json",
        )
    )  # fmt: skip
    reasons = {
        row["reason"]: row["count"] for period in figures["periods"] for row in period["reasons"]
    }
    assert reasons["budget_or_cash_flow"] == 1
    assert not violations
