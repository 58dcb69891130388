"""Somebody who answers: a browser's page on which nothing wrong may go unseen."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.desk import Desk

SEND = "form#survey > button.button"
# What a person sees of a screen: the language it claims, its direction, its width.
SEEN = (
    "[document.documentElement.lang, document.documentElement.dir,"
    " document.documentElement.scrollWidth]"
)


@dataclass
class Respondent:
    """``wrong``: errors in the console, the policy's objections among them, and strangers' hosts.

    ``expected``: parts of lines that the console is to have, as about a page with status 422.
    """

    page: Page
    base_url: str
    expected: tuple[str, ...] = ()
    has_scripts: bool = True
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._on_request)

    def open(self, token: str, page: str = "") -> None:
        self.page.goto(f"{self.base_url}/s/{token}/{page}")

    def send(self, leading_to: str) -> None:
        """Press the button and wait for the page whose path ends so (``2/``, ``thanks/``)."""
        self.page.click(SEND)
        self.page.wait_for_url(re.compile(rf"/s/[\w-]+/{leading_to}(\?.*)?$"))

    def send_in_vain(self) -> None:
        """Press the button and wait for the page to come back with its errors."""
        self.page.click(SEND)
        self.page.wait_for_selector(".summary")

    def write_until_asked(self, desk: Desk, survey: str, language: str, text: str) -> str:
        """Write what leaves the reason open, and come to the question that settles it.

        Returns the invitation's token. That question is left out where choosing it takes over
        100 ms, which a busy machine may need: then somebody else writes the same.
        """
        for _each in range(20):
            token = desk.invite(survey, language)
            self.open(token)
            self.page.check("#q-reason-other")
            self.page.fill("#q-reason_text", text)
            self.send("(settle|2)/")
            if "/settle/" in self.page.url:
                return token
        raise AssertionError("The question that settles what was written is never asked.")

    def seen(self) -> Any:
        return self.page.evaluate(SEEN)

    def _on_console(self, message: Any) -> None:
        if message.type == "error" and not any(each in message.text for each in self.expected):
            self.wrong.append(message.text)

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith((self.base_url, "data:")):
            self.wrong.append(f"Asked for {request.url}")


def respondent(
    browser: Browser,
    base_url: str,
    *,
    expected: tuple[str, ...] = (),
    scripts: bool = True,
    **options: Any,
) -> Respondent:
    """In a context of its own, at the width of a small phone unless ``viewport`` says otherwise."""
    options = {"viewport": {"width": 320, "height": 720}, **options}
    context = browser.new_context(java_script_enabled=scripts, **options)
    return Respondent(context.new_page(), base_url, expected, has_scripts=scripts)
