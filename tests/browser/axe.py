"""What axe finds on a page, and what it does not look at: how large the targets are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
    const options = {
        runOnly: { type: "tag", values: tags },
        rules: { "target-size": { enabled: true } },
        resultTypes: ["violations"],
    };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target.join(" "))]);
}"""
# A radio button or box is reached by its whole label. Links in the middle of a sentence are
# excepted by WCAG 2.5.8; there are none on these pages.
SMALL = """(least) => [...document.querySelectorAll("a, button, summary, input, textarea")]
    .filter((each) => each.checkVisibility() && each.tabIndex >= 0)
    .map((each) => each.closest("label") || each)
    .filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        return Math.min(width, height) < least;
    })
    .map((each) => each.outerHTML.slice(0, 120))"""
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 1280)


def looks(page: Page) -> Iterator[tuple[Scheme, int]]:
    """The loaded page in light and dark, on a phone and on a desk, without being loaded anew."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            yield scheme, width


def violations(page: Page) -> Any:
    """[rule, where] of everything that breaks WCAG 2.2 AA or good practice. Our policy forbids
    scripts in the page; what the browser's tools evaluate is not held up by it.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(SCRIPT)
    return page.evaluate(RUN, WCAG_2_2_AA)


def small_targets(page: Page, least: int = 24) -> Any:
    """What can be pressed and is smaller than ``least`` CSS pixels in one direction."""
    return page.evaluate(SMALL, least)
