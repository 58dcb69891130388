"""The admin in a browser: nothing stopped by the policy, nothing wider than the screen."""

import datetime as dt

import pytest

from tests.browser.test_whole_path import open_page, post

pytestmark = pytest.mark.browser

PAGES = (
    "/admin/",
    "/admin/?weight=mrr&period=12m&unit=cancellations",
    "/admin/verbatims/",
    "/admin/churn-rates/",
    "/admin/everything/",
    "/admin/surveys/customer/",
    "/admin/surveys/customer/add/",
    "/admin/surveys/cancellation/add/",
    "/admin/surveys/survey/",
    "/admin/surveys/routingrule/",
    "/admin/surveys/invitation/",
    "/admin/surveys/intent/",
    "/admin/surveys/response/who-was-asked/",
    "/admin/surveys/cancellation/links/",
    "/admin/surveys/cancellation/1/change/",
    "/admin/surveys/customer/1/timeline/",
)


@pytest.fixture(scope="module")
def left(installation):
    """Somebody who left yesterday; returns the day's installation."""
    today = dt.datetime.now(tz=dt.UTC).date()
    key = installation.manage("create_api_key", "--name", "pages").strip()
    post(
        f"{installation.base_url}/api/v1/cancellations/",
        key,
        {
            "external_id": "pages-1",
            "effective_on": str(today - dt.timedelta(days=1)),
            "customer": {"external_id": "pages-1", "name": "<b>Quill</b>", "plan": "Solo"},
            "subscription": {
                "external_id": "pages-1",
                "mrr": "20.00",
                "currency": "USD",
                "started_on": "2025-01-15",
            },
        },
    )
    installation.manage("rollup")
    return installation


def log_in(page, installation):
    page.goto(f"{installation.base_url}/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", installation.password)
    page.locator("input[type=submit]").click()
    page.wait_for_url("**/admin/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_keep_the_policy_and_the_width(left, browser, scheme, width):
    violations: list[str] = []
    page = open_page(
        browser, violations, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    log_in(page, left)
    for path in PAGES:
        page.goto(left.base_url + path)
        page.wait_for_timeout(150)
        assert (path, violations) == (path, [])
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, width)
    page.context.close()


def test_a_bar_of_the_chart_leads_to_those_behind_it(left, browser):
    violations: list[str] = []
    page = open_page(browser, violations, viewport={"width": 1280, "height": 900})
    log_in(page, left)
    page.goto(f"{left.base_url}/admin/?plan=Solo&period=30d&by=month")
    canvas = page.locator(".chart canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    # Only one customer with this plan left, so the last bars are hers from the bottom up.
    for share in (0.98, 0.9, 0.75, 0.6, 0.4):
        page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(200)
        if "/verbatims/" in page.url:
            break
    assert "category=unknown" in page.url
    assert page.locator(".leaving").count() == 1
    assert "<b>Quill</b>" in page.locator(".leaving").inner_text()
    assert violations == []
    page.context.close()


def test_filters_work_without_a_script(left, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, left)
    page.select_option("select[name=plan]", "Solo")
    page.locator("button.show").click()
    assert "plan=Solo" in page.url
    assert page.locator(".sentence").inner_text().startswith("1 customer left, and with them $20")
    page.context.close()


def test_choosing_by_keyboard_waits_for_the_button(left, browser):
    page = open_page(browser, [], viewport={"width": 1280, "height": 900})
    log_in(page, left)
    address = page.url
    page.focus("select[name=kind]")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    assert page.url == address
    page.locator("button.show").click()
    page.wait_for_url("**kind=voluntary**")
    page.context.close()
