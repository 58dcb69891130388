"""WCAG 2.2 AA: axe finds nothing on any page that a customer sees, however it looks just then."""

from collections.abc import Callable

import pytest

from surveys.pages.languages import direction, language_tag
from tests.browser.axe import looks, small_targets, violations
from tests.browser.desk import Desk
from tests.browser.respondent import Respondent, respondent

pytestmark = pytest.mark.browser

OTHER_LANGUAGES = (
    "zh-hans", "zh-hant", "ja", "ko", "es", "pt", "fr", "de", "it", "ru", "ar",
)  # fmt: skip
# What the console has to say of the page itself.
STATUSES = ("status of 404", "status of 410", "status of 422")
TOO_LONG = "x" * 5_001

Place = Callable[[Respondent, Desk], None]


@pytest.fixture(scope="module")
def one_reader(browser, installation):
    expected = (*STATUSES, "ERR_INTERNET_DISCONNECTED")
    reading = respondent(browser, installation.base_url, expected=expected)
    yield reading
    reading.page.context.close()


@pytest.fixture
def reader(one_reader):
    one_reader.wrong.clear()
    return one_reader


def test_what_is_wrong_is_found(browser):
    page = browser.new_page()
    page.set_content(
        """<title>Wrong</title><main style="color: #ccc; background: #fff"><h1>Pale</h1>
        <button style="height: 20px">On</button><label><input type="radio"></label></main>"""
    )
    rules = {rule for rule, _where in violations(page)}
    assert rules >= {"html-has-lang", "color-contrast", "label"}
    assert [each.split()[0] for each in small_targets(page)] == ["<button", "<label><input"]
    page.close()


def first_screen(reader, desk):
    reader.open(desk.invite("exit"))


def languages_open(reader, desk):
    first_screen(reader, desk)
    reader.page.click(".languages summary")


def preselected(reader, desk):
    reader.open(desk.invite("exit"), "?r=switched")


def probe_open(reader, desk):
    first_screen(reader, desk)
    reader.page.check("#q-reason-price")
    reader.page.check("#q-price_probe-budget_cut")


def own_words_open(reader, desk):
    first_screen(reader, desk)
    reader.page.check("#q-reason-other")
    reader.page.fill("#q-reason_text", TOO_LONG)
    reader.page.wait_for_selector(".count.error:not(:empty)")


def nothing_chosen(reader, desk):
    first_screen(reader, desk)
    reader.send_in_vain()


def own_words_too_long(reader, desk):
    first_screen(reader, desk)
    reader.page.check("#q-reason-other")
    reader.page.fill("#q-reason_text", TOO_LONG)
    reader.send_in_vain()


def kept(reader, desk):
    token = desk.invite("exit")
    reader.open(token)
    with reader.page.expect_response("**/keep/"):
        reader.page.check("#q-reason-price")
    reader.open(token)
    reader.page.wait_for_selector(".note")


def settling(reader, desk):
    reader.write_until_asked(desk, "exit", "en", "Too expensive.")


def second_screen(reader, desk):
    probe_open(reader, desk)
    reader.send("2/")
    reader.page.check("#q-contributing-unused")
    reader.page.check("#q-destination-product")
    reader.page.fill("#q-destination_name", "Other Tools")


def second_screen_wrong(reader, desk):
    second_screen(reader, desk)
    reader.page.fill("#q-stuck", TOO_LONG)
    reader.page.fill("#q-destination_name", TOO_LONG)
    reader.send_in_vain()
    assert reader.page.locator(".summary a").count() == 2


def thanks(reader, desk):
    probe_open(reader, desk)
    reader.send("2/")
    reader.send("thanks/")


def changing(reader, desk):
    thanks(reader, desk)
    reader.page.click(".after a")
    reader.page.wait_for_selector(".note")


def cancelling(reader, desk):
    reader.open(desk.invite("cancellation"))


def thanks_while_cancelling(reader, desk):
    cancelling(reader, desk)
    reader.page.check("#q-reason-price")
    reader.send("2/")
    reader.send("thanks/")


def skipped(reader, desk):
    cancelling(reader, desk)
    reader.page.click("a.button.quiet")
    reader.page.wait_for_url("**/skipped/")


def without_connection(reader, desk):
    first_screen(reader, desk)
    reader.page.context.set_offline(True)
    reader.page.check("#q-reason-price")
    reader.page.wait_for_selector("#connection:not(:empty)")
    reader.page.context.set_offline(False)


def asked_to_stop(reader, desk):
    first_screen(reader, desk)
    reader.page.click("footer a")
    reader.page.wait_for_url("**/u/*/")


def stopped(reader, desk):
    asked_to_stop(reader, desk)
    reader.page.click("button.button")
    reader.page.wait_for_selector("form", state="detached")


def no_address_kept(reader, desk):
    token = desk.invite("exit")
    desk.call("age", token, "erased")
    reader.page.goto(f"{reader.base_url}/u/{token}/")
    reader.page.wait_for_selector("form", state="detached")


def unknown(reader, desk):
    reader.open("A" * 24)


def expired(reader, desk):
    token = desk.invite("exit")
    desk.call("age", token, "expired")
    reader.open(token)


def withdrawn(reader, desk):
    token = desk.invite("exit")
    desk.call("age", token, "withdrawn")
    reader.open(token)


def closed(reader, desk):
    token = desk.invite("exit")
    reader.open(token)
    reader.page.check("#q-reason-price")
    reader.send("2/")
    reader.page.fill("#q-comment", "This came too late.")
    desk.call("age", token, "closed")
    reader.page.click("form button.button")
    reader.page.wait_for_selector("textarea[readonly]")


def mail_preview(reader, desk):
    reader.page.goto(f"{reader.base_url}/preview/")


PLACES: tuple[Place, ...] = (
    first_screen, languages_open, preselected, probe_open, own_words_open, nothing_chosen,
    own_words_too_long, kept, settling, second_screen, second_screen_wrong, thanks, changing,
    cancelling, thanks_while_cancelling, skipped, without_connection, asked_to_stop, stopped,
    no_address_kept,    unknown, expired, withdrawn, closed, mail_preview,
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_nothing_is_found_on_any_page(reader, desk, place):
    place(reader, desk)
    assert_accessible(reader)


@pytest.mark.parametrize("template", ["400", "403", "403_csrf", "404", "500"])
def test_nothing_is_found_on_plain_pages(reader, desk, template):
    body = desk.call("error_page", f"{template}.html", "en")
    address = f"{reader.base_url}/as-if-this-failed/"
    reader.page.route(
        address, lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")
    )
    reader.page.goto(address)
    assert reader.page.locator("h1").inner_text()
    assert_accessible(reader)
    reader.page.unroute(address)


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_nothing_is_found_on_the_first_screen_in_any_language(reader, desk, language):
    reader.page.set_viewport_size({"width": 320, "height": 900})
    reader.open(desk.invite("exit", language))
    assert reader.seen() == [language_tag(language), direction(language), 320]
    reader.page.check("#q-reason-switched")
    assert reader.seen()[-1] == 320
    assert (language, violations(reader.page)) == (language, [])
    assert small_targets(reader.page) == []
    assert reader.wrong == []


def assert_accessible(reader):
    for scheme, width in looks(reader.page):
        look = (scheme, width)
        assert (look, violations(reader.page)) == (look, [])
        assert (look, small_targets(reader.page)) == (look, [])
        assert reader.page.evaluate("document.documentElement.scrollWidth") == width
    assert reader.wrong == []
