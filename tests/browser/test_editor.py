"""The survey editor in a browser: within policy and width, without barriers, step by step."""

import re

import pytest

from tests.browser.axe import small_targets, violations
from tests.browser.test_admin_pages import log_in
from tests.browser.test_whole_path import open_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def editing(installation, browser):
    """A draft, opened; (page, its address, complaints of the browser)."""
    said: list[str] = []
    page = open_page(browser, said, viewport={"width": 1280, "height": 900})
    log_in(page, installation)
    page.goto(f"{installation.base_url}/admin/surveys/survey/add/")
    page.check("input[value=downgrade]")
    page.fill("input[name=name]", "Browser survey")
    page.locator("input[name=_save]").click()
    page.wait_for_url(re.compile(r"surveyversion/\d+/change/"))
    yield page, page.url.removesuffix("change/"), said
    page.context.close()


PAGES = (
    "change/", "question/reason/", "translation/ar/", "mail/ar/", "preview/?lang=ar", "publish/",
)  # fmt: skip

LOOKS = (("light", 1280), ("dark", 320))


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_barriers_and_keep_the_policy_and_the_width(editing, path):
    page, address, said = editing
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert said == []
    for scheme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert (scheme, width, violations(page)) == (scheme, width, [])
        assert page.evaluate("document.documentElement.scrollWidth") == width
        # The header's own links aside.
        own = [each for each in small_targets(page) if '/admin/"' not in each]
        assert [each for each in own if "everything" not in each] == []
    # What the policy holds up from here on is the checker's own style.
    said.clear()


def test_an_unknown_placeholder_is_marked_while_it_is_typed(editing):
    page, address, said = editing
    page.goto(address + "mail/en/")
    subject = page.locator("input[name=mail_subject]")
    subject.fill("Hello {nmae}")
    marked = page.locator(".unknown-placeholder:visible")
    assert "{nmae}" in marked.inner_text()
    subject.fill("Hello {contact_name}")
    assert page.locator(".unknown-placeholder:visible").count() == 0
    page.locator("form[data-unsaved] button.main").click()
    page.wait_for_load_state()
    frame = page.frame_locator("iframe.mail-frame").first
    assert frame.locator("body").inner_text()
    assert "Hello Ann" in page.locator(".mail-preview").first.inner_text()
    assert said == []


def test_a_choice_is_added_by_keyboard_without_a_script(installation, browser, editing):
    _page, address, _said = editing
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, installation)
    page.goto(address + "question/hard_which/")
    page.locator("button[value=choices-add]").press("Enter")
    rows = page.locator("input[name^=choices-][name$=-label]")
    rows.last.fill("Too loud")
    page.locator("select[name^=choices-][name$=-means]").last.select_option(index=3)
    # The return key saves.
    rows.last.press("Enter")
    page.wait_for_url("**/change/**")
    assert "too_loud" in page.locator("#question-hard_which").inner_text()
    page.context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_path_is_walked_in_the_preview(editing, language):
    page, address, said = editing
    page.goto(f"{address}preview/?lang={language}")
    frame = page.frame_locator("iframe.phone-frame")
    frame.locator("label.choice", has=page.locator("input[value=price]")).first.click()
    frame.locator("main form button.button").click()
    frame.locator("form[data-screen='2']").wait_for()
    frame.locator("main form button.button").click()
    frame.locator("main:not(:has(form)) h1").wait_for()
    assert frame.locator("html").get_attribute("lang") == language
    assert said == []
