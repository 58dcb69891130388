"""A vendor's cancel page on another site, under a strict policy, and what is read from it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cancel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script src="SURVEYS/embed.js" defer></script></head><body><main><h1>Cancel your plan</h1>
<p><a id="link" href="SURVEY" data-whyleft>Tell us why</a></p>
<p><a id="next" href="SURVEY" data-whyleft data-whyleft-next="/cancelled">Cancel</a></p>
<div id="place"></div></main></body></html>"""
LISTEN = """() => {
    window.heard = [];
    for (const name of ["answered", "skipped", "closed", "error"])
        document.addEventListener(`whyleft:${name}`, ({ detail, target }) =>
            heard.push([name, detail.outcome, detail.reason || "", target.id || "document"]));
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`${event.violatedDirective} ${event.blockedURI}`));
}"""
OPEN = """(options) => {
    window.called = [];
    for (const name of ["Answered", "Skipped", "Closed", "Error"])
        options[`on${name}`] = (detail) => called.push([name, detail.url, detail.outcome]);
    window.handle = Whyleft.open(options);
}"""


@dataclass
class Vendor:
    """Serves ``pages`` (path: body) on every name of this machine, under a strict policy."""

    port: int
    surveys: str
    pages: dict[str, str] = field(
        default_factory=lambda: {"/cancelled": "<title>Cancelled</title><h1>It is cancelled</h1>"}
    )
    posted: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def policy(self) -> str:
        return (
            f"default-src 'none'; script-src 'self' {self.surveys}; base-uri 'none'; "
            f"frame-src {self.surveys} http://127.0.0.1:*; form-action 'self'"
        )

    def offer(self, survey: str) -> None:
        page = PAGE.replace("SURVEYS", self.surveys).replace("SURVEY", survey)
        self.pages["/cancel"] = page


@contextmanager
def serving(vendor: Vendor) -> Iterator[None]:
    """Serves the vendor's pages while it is entered."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            body = vendor.pages.get(path, "").encode()
            self.send_response(200 if body else 204 if path == "/favicon.ico" else 404)
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", vendor.policy())
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            vendor.posted.append(self.path)
            self.send_response(303)
            self.send_header("Location", "/cancelled")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", vendor.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def heard(page):
    return page.evaluate("heard")


def until(page, expression, argument=None):
    """Playwright's own waiting evaluates strings in the page, which a strict policy forbids."""
    for _each in range(400):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"Not within 10 s: {expression} {argument}")


def wait_for_event(page, name):
    until(page, "name => heard.some((each) => each[0] === name)", name)


def survey_frame(page):
    """The survey, once it has loaded inside of the frame."""
    frame = page.wait_for_selector(".whyleft iframe").content_frame()
    frame.wait_for_selector("h1")
    until(page, "document.activeElement?.shadowRoot?.activeElement?.matches('iframe')")
    return frame


def tab_to(page, frame, selector):
    for _each in range(40):
        if frame.evaluate("s => Boolean(document.activeElement?.matches(s))", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")
