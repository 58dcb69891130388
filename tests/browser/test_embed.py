"""The survey in a vendor's own cancel page: another site, a strict policy, each way out."""

from pathlib import Path

import pytest

from tests.browser.cancel_page import (
    OPEN,
    heard,
    survey_frame,
    tab_to,
    until,
    wait_for_event,
)
from tests.browser.installation import ROOT
from tests.browser.test_whole_path import open_page

pytestmark = pytest.mark.browser

EXAMPLE = ROOT / "docs" / "examples" / "cancel-page"
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


def test_answered_in_a_dialog_by_keyboard_alone(cancel_page, wrong):
    cancel_page.focus("#link")
    cancel_page.keyboard.press("Enter")
    frame = survey_frame(cancel_page)
    assert cancel_page.locator("dialog").get_attribute("aria-label") == frame.title()
    tab_to(cancel_page, frame, "input[name=q-reason]")
    cancel_page.keyboard.press("Space")
    tab_to(cancel_page, frame, "form button.button")
    cancel_page.keyboard.press("Enter")
    wait_for_event(cancel_page, "answered")
    assert cancel_page.locator("dialog .skip").inner_text() == "Finish cancelling"
    frame = survey_frame(cancel_page)
    tab_to(cancel_page, frame, "a[data-embed-tell=finished]")
    cancel_page.keyboard.press("Enter")
    wait_for_event(cancel_page, "closed")
    assert heard(cancel_page) == [
        ["answered", "answered", "", "link"],
        ["closed", "answered", "", "link"],
    ]
    assert cancel_page.evaluate("document.activeElement.id") == "link"
    assert cancel_page.locator(".whyleft").count() == 0
    assert cancel_page.context.cookies() == []
    assert wrong == []


def test_inline_it_grows_with_its_content(cancel_page, survey, wrong):
    cancel_page.evaluate(OPEN, {"url": survey, "mode": "inline", "container": "#place"})
    element = cancel_page.wait_for_selector("#place iframe")
    frame = element.content_frame()
    frame.wait_for_selector("h1")
    fits = "() => Math.abs(document.body.offsetHeight - innerHeight) < 2"
    until(frame, fits)
    before = element.bounding_box()["height"]
    frame.locator("input[value=price]").check()
    until(frame, fits)
    assert element.bounding_box()["height"] > before
    frame.locator("input[value=budget_cut]").check()
    frame.locator("form button.button").click()
    wait_for_event(cancel_page, "answered")
    frame.wait_for_selector("a[data-embed-tell=finished]")
    until(frame, fits)
    cancel_page.locator("#place .skip").press("Enter")
    wait_for_event(cancel_page, "closed")
    assert heard(cancel_page) == [
        ["answered", "answered", "", "place"], ["closed", "answered", "", "place"],
    ]  # fmt: skip
    assert cancel_page.evaluate("called") == [
        ["Answered", survey, "answered"], ["Closed", survey, "answered"],
    ]  # fmt: skip
    assert cancel_page.locator("#place > *").count() == 0
    assert wrong == []


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("outside", ["skipped", "closed"]),
        ("inside", ["skipped", "closed"]),
        ("escape outside", ["closed"]),
        ("escape inside", ["closed"]),
        ("button", ["closed"]),
    ],
)
def test_every_way_out_of_the_dialog(cancel_page, wrong, way, said):
    cancel_page.click("#link")
    frame = survey_frame(cancel_page)
    box = cancel_page.locator("dialog .close").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    if way == "outside":
        cancel_page.locator("dialog .skip").click()
    elif way == "inside":
        frame.locator("a[data-embed-tell=skipped]").click()
    elif way == "escape outside":
        cancel_page.locator("dialog .close").focus()
        cancel_page.keyboard.press("Escape")
    elif way == "escape inside":
        frame.locator("input[name=q-reason]").first.focus()
        cancel_page.keyboard.press("Escape")
    else:
        cancel_page.locator("dialog .close").click()
    wait_for_event(cancel_page, "closed")
    assert [each[0] for each in heard(cancel_page)] == said
    assert {each[1] for each in heard(cancel_page)} == {said[0]}
    assert cancel_page.evaluate("document.activeElement.id") == "link"
    assert cancel_page.url.endswith("/cancel")
    assert wrong == []


def test_the_page_behind_is_out_of_reach_and_nothing_opens_twice(cancel_page, survey):
    cancel_page.click("#link")
    survey_frame(cancel_page)
    cancel_page.evaluate(OPEN, {"url": survey})
    assert cancel_page.locator("dialog").count() == 1
    with pytest.raises(Exception, match="intercepts pointer events"):
        cancel_page.click("#next", timeout=500)
    cancel_page.evaluate("handle.close()")
    assert cancel_page.locator("dialog").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_dialog_fits_and_is_accessible(cancel_page, wrong, screenshots, width, scheme):
    cancel_page.set_viewport_size({"width": width, "height": 640})
    cancel_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    cancel_page.click("#link")
    frame = survey_frame(cancel_page)
    assert cancel_page.evaluate("document.documentElement.scrollWidth") == width
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for selector in ("dialog", "dialog .skip", "dialog .close"):
        box = cancel_page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 640
    cancel_page.screenshot(path=screenshots / f"{width}-{scheme}.png")
    cancel_page.evaluate(AXE)
    found = cancel_page.evaluate("axe.run(document, { iframes: false })")
    assert [each["id"] for each in found["violations"]] == []
    assert wrong == []


def test_without_the_script_the_link_leads_to_the_survey(browser, vendor, survey):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{vendor.url}/cancel")
    page.click("#link")
    assert page.url == survey
    page.get_by_role("link", name="Skip and cancel now").click()
    assert page.url == f"{vendor.url}/cancelled?whyleft=skipped"
    page.context.close()


def test_the_example_of_the_documentation(browser, vendor, survey, wrong):
    surveys = "https://surveys.example.com"
    index = (EXAMPLE / "index.html").read_text().replace(f"{surveys}/s/token/", survey)
    vendor.pages["/example/"] = index.replace(surveys, vendor.surveys)
    vendor.pages["/example/cancel.js"] = (EXAMPLE / "cancel.js").read_text()
    page = open_page(browser, wrong)
    vendor.posted.clear()
    page.goto(f"{vendor.url}/example/")
    page.click("text=Cancel my plan")
    survey_frame(page)
    page.keyboard.press("Escape")
    assert vendor.posted == []
    page.click("text=Cancel my plan")
    survey_frame(page).locator("a[data-embed-tell=skipped]").click()
    page.wait_for_url("**/cancelled")
    assert vendor.posted == ["/cancel"]
    assert wrong == []
    page.context.close()


def test_from_right_to_left(cancel_page, vendor, survey, wrong):
    cancel_page.evaluate(OPEN, {"url": f"{survey}?lang=ar"})
    frame = survey_frame(cancel_page)
    dialog = cancel_page.locator("dialog")
    assert (dialog.get_attribute("lang"), dialog.get_attribute("dir")) == ("ar", "rtl")
    assert frame.evaluate("document.documentElement.dir") == "rtl"
    close = cancel_page.locator("dialog .close").bounding_box()
    assert close["x"] < cancel_page.locator("dialog .skip").bounding_box()["x"]
    cancel_page.keyboard.press("Escape")
    assert [each[0] for each in heard(cancel_page)] == ["closed"]
    assert wrong == []
