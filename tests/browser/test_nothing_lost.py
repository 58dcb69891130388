"""What somebody fills in is kept: over closed tabs, other devices, lost connections."""

import time

import pytest

from tests.browser.respondent import SEND, respondent

pytestmark = pytest.mark.browser

WORDS = "We moved to another city, and the new place has its own."


@pytest.fixture
def phone(browser, installation):
    typing = respondent(browser, installation.base_url)
    yield typing
    typing.page.context.close()


@pytest.fixture
def laptop(browser, installation):
    """Another device of the same person."""
    typing = respondent(browser, installation.base_url, viewport={"width": 1280, "height": 900})
    yield typing
    typing.page.context.close()


def write(reader):
    reader.page.check("#q-reason-other")
    reader.page.fill("#q-reason_text", WORDS)


def shows_what_was_written(reader):
    return (
        reader.page.is_checked("#q-reason-other")
        and reader.page.input_value("#q-reason_text") == WORDS
    )


def unsent(desk, token):
    response = desk.stored(token)
    return response["unsent"] if response else {}


def wait_until_kept(desk, token, wanted):
    """The browser sends what is left behind when it finds the time."""
    until = time.monotonic() + 20
    while unsent(desk, token) != wanted:
        assert time.monotonic() < until, unsent(desk, token)
        time.sleep(0.05)


KEPT = {"reason": ["other"], "reason_text": WORDS}


def test_the_tab_is_closed_and_another_device_goes_on(phone, laptop, desk):
    token = desk.invite("exit")
    phone.open(token)
    with phone.page.expect_response("**/keep/") as kept:
        write(phone)
    assert kept.value.status == 204
    wait_until_kept(desk, token, KEPT)
    phone.page.close()

    laptop.open(token)
    assert shows_what_was_written(laptop)
    assert laptop.page.locator(".note").is_visible()
    assert desk.stored(token)["is_submitted"] is False
    laptop.send("2/")
    assert desk.answers(token) == KEPT
    assert unsent(desk, token) == {}
    assert phone.wrong + laptop.wrong == []


def test_the_page_is_left_before_anything_was_sent(phone, laptop, desk):
    token = desk.invite("exit")
    # Time stands still on the phone: nothing is sent because some has passed.
    phone.page.clock.install()
    phone.open(token)
    phone.page.clock.pause_at(time.time() + 3_600)
    write(phone)
    assert unsent(desk, token) == {}
    phone.page.goto("about:blank")
    wait_until_kept(desk, token, KEPT)
    laptop.open(token)
    assert shows_what_was_written(laptop)
    assert phone.wrong + laptop.wrong == []


def test_a_lost_connection_is_told_and_made_up_for(phone, laptop, desk):
    token = desk.invite("exit")
    phone.open(token)
    status = phone.page.locator("#connection")
    words = {
        name: phone.page.get_attribute("#survey", f"data-{name}") for name in ("offline", "online")
    }
    phone.page.context.set_offline(True)
    write(phone)
    status.get_by_text(words["offline"], exact=True).wait_for()
    assert shows_what_was_written(phone)
    assert unsent(desk, token) == {}
    phone.page.context.set_offline(False)
    status.get_by_text(words["online"], exact=True).wait_for()
    assert unsent(desk, token) == KEPT
    laptop.open(token)
    assert shows_what_was_written(laptop)


def test_sending_without_a_connection_waits_for_it(phone, desk):
    token = desk.invite("exit")
    phone.open(token)
    phone.page.context.set_offline(True)
    write(phone)
    address = phone.page.url
    phone.page.click(SEND)
    phone.page.wait_for_selector("#connection:not(:empty)")
    assert phone.page.url == address
    assert shows_what_was_written(phone)
    phone.page.context.set_offline(False)
    phone.page.wait_for_url("**/2/")
    assert desk.answers(token) == KEPT


def test_a_tab_that_was_reloaded_without_a_connection(phone, desk):
    """Not even the last word of the page reached the server; the tab remembers."""
    token = desk.invite("exit")
    phone.open(token)
    phone.page.route("**/keep/", lambda route: route.abort())
    phone.page.evaluate("navigator.sendBeacon = () => false")
    write(phone)
    phone.page.wait_for_selector("#connection:not(:empty)")
    phone.page.reload()
    assert shows_what_was_written(phone)
    assert unsent(desk, token) == {}
    phone.page.unroute("**/keep/")
    phone.send("2/")
    assert desk.answers(token) == KEPT


def test_pressing_twice_sends_one_response(browser, installation, desk):
    for scripts in (True, False):
        token = desk.invite("exit")
        hasty = respondent(browser, installation.base_url, scripts=scripts)
        hasty.open(token)
        write(hasty)
        hasty.page.dblclick(SEND)
        hasty.page.wait_for_url("**/2/")
        assert desk.answers(token) == KEPT
        assert desk.stored(token)["revision"] == 1
        assert hasty.wrong == []
        hasty.page.context.close()


def test_an_answer_filled_in_by_the_address_alone_is_not_kept(phone, desk):
    token = desk.invite("exit")
    phone.page.clock.install()
    phone.open(token, "?r=price")
    assert phone.page.is_checked("#q-reason-price")
    phone.page.clock.run_for(600_000)
    phone.page.reload()
    phone.page.goto("about:blank")
    phone.open(token)
    assert phone.page.locator("input:checked").count() == 0
    assert desk.stored(token) is None
