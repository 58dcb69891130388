"""The survey in a cancel page, when something is wrong: it never stops a cancellation."""

import json
import socket
import threading
import urllib.request
from contextlib import contextmanager, suppress

import pytest

from tests.browser.cancel_page import LISTEN, OPEN, heard, survey_frame, wait_for_event
from tests.browser.installation import free_port
from tests.browser.test_whole_path import open_page

pytestmark = pytest.mark.browser


@contextmanager
def answering(respond):
    """A server at an address of its own that does to each connection what ``respond`` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def serve():
            held = []
            while not stop.is_set():
                try:
                    connection, _address = listening.accept()
                except OSError:
                    break
                held.append(connection)
                threading.Thread(target=respond, args=[connection], daemon=True).start()
            for each in held:
                each.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/s/token/"
        stop.set()
        listening.shutdown(socket.SHUT_RDWR)


def failing(connection):
    with suppress(OSError):  # browsers open more connections than they use
        connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nContent-Type: text/html\r\n\r\noops"
        )


@contextmanager
def broken_survey(kind, vendor):
    if kind == "down":
        yield f"http://127.0.0.1:{free_port()}/s/token/"
    elif kind == "unknown":
        yield f"{vendor.surveys}/s/{'x' * 24}/"
    else:
        with answering(failing if kind == "failing" else lambda connection: None) as address:
            yield address


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("down", "broken"),
        ("failing", "broken"),
        ("slow", "timeout"),
        ("unknown", "unavailable"),
    ],
)
def test_a_broken_survey_lets_the_cancellation_go_on(cancel_page, vendor, kind, reason):
    with broken_survey(kind, vendor) as address:
        cancel_page.evaluate("address => { next.href = address }", address)
        cancel_page.evaluate(
            "timeout => { next.dataset.whyleftTimeout = timeout }",
            1000 if kind == "slow" else 20000,
        )
        cancel_page.evaluate(
            "addEventListener('pagehide', () => "
            "sessionStorage.setItem('heard', JSON.stringify(heard)))"
        )
        cancel_page.click("#next")
        cancel_page.wait_for_url("**/cancelled")
    assert json.loads(cancel_page.evaluate("sessionStorage.getItem('heard')")) == [
        ["error", "error", reason, "next"], ["closed", "error", "", "next"],
    ]  # fmt: skip


def test_while_a_slow_survey_is_waited_for_it_can_be_skipped(cancel_page, survey, vendor):
    with broken_survey("slow", vendor) as address:
        cancel_page.evaluate(OPEN, {"url": address, "timeout": 60000})
        cancel_page.locator("dialog .skip").click()
    assert [each[0] for each in cancel_page.evaluate("called")] == ["Skipped", "Closed"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": ""},
        {"url": None},
        {"url": "javascript:alert(1)"},
        {"url": "data:text/html,x"},
        {"url": "http://"},
        {"url": "/s/token/", "mode": "inline", "container": "#nowhere"},
        {"url": "/s/token/", "mode": "inline", "container": "]["},
        None,
    ],
)
def test_what_cannot_be_opened_is_an_error_at_once_and_no_exception(cancel_page, wrong, options):
    cancel_page.evaluate("options => { window.handle = Whyleft.open(options) }", options)
    assert [each[0] for each in heard(cancel_page)] == ["error", "closed"]
    cancel_page.evaluate("handle.close()")
    assert cancel_page.locator(".whyleft").count() == 0
    assert len(heard(cancel_page)) == 2
    assert wrong == []


def test_a_callback_that_fails_stops_nothing(cancel_page, survey, wrong):
    cancel_page.evaluate(
        """url => {
            const fail = () => { throw new Error("the vendor's own"); };
            Whyleft.open({ url, onSkipped: fail, onClosed: fail });
        }""",
        survey,
    )
    cancel_page.locator("dialog .skip").click()
    assert [each[0] for each in heard(cancel_page)] == ["skipped", "closed"]
    assert cancel_page.locator(".whyleft").count() == 0
    cancel_page.wait_for_timeout(50)
    assert wrong == ["the vendor's own"] * 2


# --- Whom it listens to -------------------------------------------------------------------------
def test_an_origin_that_is_not_listed_cannot_frame_it(browser, vendor, survey, wrong):
    page = open_page(browser, wrong)
    page.goto(f"http://127.0.0.1:{vendor.port}/cancel")
    page.evaluate(LISTEN)
    page.evaluate(OPEN, {"url": survey})
    wait_for_event(page, "closed")
    assert [each[:3] for each in heard(page)] == [
        ["error", "error", "broken"], ["closed", "error", ""],
    ]  # fmt: skip
    assert any("frame-ancestors" in each or "X-Frame-Options" in each for each in wrong)
    page.context.close()


def test_messages_of_anybody_else_are_ignored(cancel_page, survey, vendor):
    spoken = [{"whyleft": each} for each in ("answered", "skipped", "finished", "unavailable")]
    send = "spoken => spoken.forEach((each) => parent.postMessage(each, '*'))"
    vendor.pages["/intruder"] = "<title>Intruder</title><h1>Intruder</h1>"
    cancel_page.evaluate(OPEN, {"url": survey})
    frame = survey_frame(cancel_page)
    # Another origin; the same origin in another frame; the page itself; nonsense.
    for address in (f"http://127.0.0.1:{vendor.port}/intruder", f"{survey}?embed={vendor.url}"):
        cancel_page.evaluate(
            "src => { const f = document.createElement('iframe'); f.name = 'other'; f.src = src;"
            " document.querySelectorAll('iframe[name=other]').forEach((e) => e.remove());"
            " place.append(f); }",
            address,
        )
        other = cancel_page.wait_for_selector("iframe[name=other]").content_frame()
        other.wait_for_selector("h1")
        other.evaluate(send, spoken)
    cancel_page.evaluate("spoken => spoken.forEach((each) => postMessage(each, '*'))", spoken)
    frame.evaluate(
        "origin => [null, 7, 'answered', {}, { whyleft: 'constructor' }, { whyleft: 'height',"
        " height: 1e9 }].forEach((each) => parent.postMessage(each, origin))",
        vendor.url,
    )
    cancel_page.wait_for_timeout(300)
    assert heard(cancel_page) == []
    assert cancel_page.locator("dialog iframe").bounding_box()["height"] < 2000
    # The survey itself is still listened to.
    frame.locator("a[data-embed-tell=skipped]").click()
    wait_for_event(cancel_page, "closed")


def test_the_frame_tells_nobody_but_the_origin_it_was_opened_for(survey, vendor):
    address = f"{survey}?embed={vendor.url}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert f"frame-ancestors {vendor.url}" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Set-Cookie"] is None
        assert f'data-embed="{vendor.url}"' in answer.read().decode()
