"""The survey by keyboard alone, and what somebody who works that way has to see."""

import pytest

from tests.browser.respondent import respondent

pytestmark = pytest.mark.browser

# Where the focus is: an id, or what kind of control it is.
FOCUSED = """() => {
    const { id, tagName, name, value } = document.activeElement;
    return id || [tagName.toLowerCase(), name, value].filter(Boolean).join(" ");
}"""
# The line around the control that has the focus, or around its whole label: style, width in
# pixels, and whether its colour differs from what it is drawn on.
OUTLINE = """() => {
    const control = document.activeElement;
    const drawn = [control.closest("label"), control]
        .filter(Boolean).map((each) => getComputedStyle(each))
        .find(({ outlineStyle }) => outlineStyle !== "none");
    if (!drawn) return null;
    const paper = getComputedStyle(document.body).backgroundColor;
    return [drawn.outlineStyle, parseFloat(drawn.outlineWidth), drawn.outlineColor !== paper];
}"""
MOVING = """() => [...document.querySelectorAll("*")].filter((each) => {
    const { transitionDuration, animationName } = getComputedStyle(each);
    return animationName !== "none" || transitionDuration.split(", ").some((one) => one !== "0s");
}).length"""


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def typist(request, browser, installation):
    typing = respondent(
        browser, installation.base_url, expected=("status of 422",), scripts=request.param
    )
    yield typing
    assert typing.wrong == []
    typing.page.context.close()


def tab_to(page, place, *, key="Tab"):
    """Press the key until the focus is there; every stop on the way must be seen to have it."""
    for _each in range(60):
        page.keyboard.press(key)
        stop = page.evaluate(FOCUSED)
        if stop != "body":
            assert page.evaluate(OUTLINE) == ["solid", 3, True], stop
        if stop == place:
            return
    raise AssertionError(f"The keyboard does not reach {place}.")


def choices_shown(page, name):
    """The keys of a question's choices, in the order in which the arrows go through them."""
    return [each.get_attribute("value") for each in page.locator(f"input[name={name}]").all()]


def reach(page, name, choice):
    """Into a group of radio buttons by Tab, and to the choice by the arrows."""
    order = choices_shown(page, name)
    tab_to(page, f"{name}-{order[0]}")
    for _each in range(order.index(choice)):
        page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == f"{name}-{choice}"
    page.keyboard.press("Space")
    assert page.is_checked(f"#{name}-{choice}")


def test_the_whole_exit_survey_by_keyboard(typist, desk):
    page, token = typist.page, desk.invite("exit")
    typist.open(token)
    address = page.url
    reach(page, "q-reason", "price")
    assert page.locator("#q-price_probe-budget_cut").is_visible()
    reach(page, "q-price_probe", "way_charged")
    # Arrows choose and never send; the follow-up stays where it is.
    for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert page.is_checked("#q-price_probe-way_charged")
    assert page.url == address
    assert desk.answers(token) == {}
    tab_to(page, "button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2/")

    tab_to(page, "q-stuck")
    page.keyboard.type("At the first invoice")
    tab_to(page, "q-contributing-unused")
    page.keyboard.press("Space")
    reach(page, "q-destination", "product")
    tab_to(page, "q-destination_name")
    page.keyboard.type("Other Tools")
    reach(page, "q-open_door", "yes")
    tab_to(page, "q-comment")
    page.keyboard.type("Thanks")
    tab_to(page, "button")
    page.keyboard.press("Space")
    page.wait_for_url("**/thanks/")
    assert desk.answers(token) == {
        "reason": ["price"],
        "price_probe": ["way_charged"],
        "stuck": "At the first invoice",
        "contributing": ["unused"],
        "destination": ["product"],
        "destination_name": "Other Tools",
        "open_door": ["yes"],
        "comment": "Thanks",
    }


def test_the_return_key_in_a_field_sends_and_never_switches_the_language(typist, desk):
    page, token = typist.page, desk.invite("exit")
    typist.open(token)
    page.check("#q-reason-price")
    typist.send("2/")
    page.check("#q-destination-product")
    page.fill("#q-destination_name", "Other Tools")
    page.keyboard.press("Enter")
    page.wait_for_url("**/thanks/")
    response = desk.stored(token)
    assert response["answers"]["destination_name"] == "Other Tools"
    assert response["language"] == "en"


def test_the_language_by_keyboard(typist, desk):
    page = typist.page
    typist.open(desk.invite("exit"))
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "button lang ar")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[dir=rtl]")


def test_errors_are_told_first_and_lead_to_their_fields(typist, desk):
    page = typist.page
    typist.open(desk.invite("exit"))
    assert not page.title().startswith("Error")
    typist.send_in_vain()
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "summary"
    first = f"q-reason-{choices_shown(page, 'q-reason')[0]}"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.summary') !== null")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == first
    described = page.locator("fieldset").first.get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text().startswith("Error:")

    # With an answer, the same page is sent on.
    page.keyboard.press("Space")
    tab_to(page, "button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2/")
    page.evaluate("document.getElementById('q-comment').value = 'x'.repeat(5001)")
    typist.send_in_vain()
    assert page.title().startswith("Error: ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "q-comment"
    assert page.get_attribute("#q-comment", "aria-invalid") == "true"
    assert len(page.input_value("#q-comment")) == 5_001


def test_the_ways_out_are_reached(typist, desk):
    page, token = typist.page, desk.invite("cancellation")
    typist.open(token)
    tab_to(page, "a")
    while "Skip and cancel now" not in page.evaluate("document.activeElement.innerText"):
        tab_to(page, "a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/skipped/")
    assert desk.stored(token) is None


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_those_who_wish_so(browser, installation, desk, wish, moves):
    reader = respondent(browser, installation.base_url, reduced_motion=wish)
    reader.open(desk.invite("exit"))
    assert bool(reader.page.evaluate(MOVING)) == moves
    reader.page.check("#q-reason-price")
    reader.send("2/")
    assert bool(reader.page.evaluate(MOVING)) == moves
    reader.page.context.close()


def test_the_scheme_of_the_device_is_followed(browser, installation, desk):
    token, papers = desk.invite("exit"), {}
    for scheme in ("light", "dark"):
        reader = respondent(browser, installation.base_url, color_scheme=scheme)
        reader.open(token)
        colour = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        papers[scheme] = sum(int(part) for part in colour[4:-1].split(","))
        assert reader.page.evaluate("getComputedStyle(document.body).colorScheme") == "light dark"
        reader.page.context.close()
    assert papers["dark"] < 3 * 0x40 < 3 * 0xC0 < papers["light"]
