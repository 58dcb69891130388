"""Every path of every default survey, walked on a small phone, with scripts and without.

On the way each walk takes another answer first and fills in what that one opens: what stands in a
branch that was left again must not be stored.
"""

from collections.abc import Iterator

import pytest

from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.paths import Path, opening_choices, paths_of
from surveys.models import QuestionKind
from surveys.pages.languages import direction, language_tag
from surveys.questionnaire import AnswerValue, Question, Questionnaire
from tests.browser.respondent import Respondent, respondent

pytestmark = pytest.mark.browser

SURVEYS = ("exit", "cancellation", "downgrade", "trial_ended", "payment_failed")
# Clear enough that no further question comes after it; and what leaves the reason open.
CLEAR = {
    "en": "The export to PDF was missing.",
    "zh-hans": "缺少我们需要的PDF导出功能",
    "ar": "ميزة التصدير إلى PDF غير موجودة",
}
OPEN = {"en": "Too expensive.", "zh-hans": "太贵了", "ar": "Too expensive."}
LANGUAGES = tuple(CLEAR)


@pytest.fixture(scope="module")
def phones(browser, installation):
    """Two of them: one with scripts that is touched, one without that is used by its keys."""
    both = [
        respondent(browser, installation.base_url, scripts=scripts) for scripts in (True, False)
    ]
    yield both
    for phone in both:
        phone.page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("survey", SURVEYS)
def test_every_path_leads_to_the_thanks(desk, phones, survey, language):
    asked = default_questionnaire(survey)
    paths = paths_of(asked)
    tokens = desk.call("invite", survey, language, len(paths))
    expected = {}
    for number, (path, token) in enumerate(zip(paths, tokens, strict=True)):
        answers = answers_on(asked, path, number, CLEAR[language])
        # Over the languages every path is walked both with scripts and without.
        phone = phones[(number + LANGUAGES.index(language)) % 2]
        walk(phone, asked, path, token, answers, language)
        assert (dict(path.taken), phone.wrong) == (dict(path.taken), [])
        expected[token] = (dict(path.taken), answers)

    stored = desk.call("stored", tokens)
    found = {token: (expected[token][0], stored[token]["answers"]) for token in tokens}
    assert found == expected
    for response in stored.values():
        assert (response["language"], response["is_completed"]) == (language, True)
        assert (response["text_probe"], response["unsent"]) == ("", {})
        assert sorted(response["displayed"]["reason"]) == sorted(
            asked.question("reason").choice_keys
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("survey", ["exit", "cancellation", "downgrade", "trial_ended"])
def test_a_text_that_leaves_it_open_is_settled_by_one_question(desk, phones, survey, language):
    phone = phones[LANGUAGES.index(language) % 2]
    token = phone.write_until_asked(desk, survey, language, OPEN[language])
    assert seen_right(phone, language)
    probe = default_questionnaire(survey).question("price_probe").choice_keys
    assert phone.page.locator("input[type=radio]").count() == len(probe)
    assert phone.page.locator("fieldset").count() == 1
    phone.page.check("#q-price_probe-budget_cut")
    phone.send("2/")
    phone.send("thanks/")
    response = desk.stored(token)
    assert response["answers"] == {
        "reason": ["other"], "reason_text": OPEN[language], "price_probe": ["budget_cut"],
    }  # fmt: skip
    assert (response["text_probe"], response["is_completed"]) == ("price_probe", True)
    assert phone.wrong == []


@pytest.mark.parametrize("scripts", [True, False])
def test_the_language_is_switched_without_losing_what_was_typed(desk, phones, scripts):
    phone = phones[0 if scripts else 1]
    token = desk.invite("exit", "en")
    phone.open(token)
    phone.page.check("#q-reason-other")
    phone.page.fill("#q-reason_text", CLEAR["en"])
    for language in ("ar", "ja", "zh-hans"):
        switch_language(phone, language)
        assert seen_right(phone, language)
        assert phone.page.is_checked("#q-reason-other")
        assert phone.page.input_value("#q-reason_text") == CLEAR["en"]
        assert phone.page.locator(".summary").count() == 0
    assert desk.answers(token) == {}
    phone.send("2/")
    assert seen_right(phone, "zh-hans")
    phone.page.fill("#q-comment", CLEAR["zh-hans"])
    switch_language(phone, "ar")
    assert phone.page.input_value("#q-comment") == CLEAR["zh-hans"]
    phone.send("thanks/")
    assert seen_right(phone, "ar")
    assert desk.answers(token) == {
        "reason": ["other"], "reason_text": CLEAR["en"], "comment": CLEAR["zh-hans"],
    }  # fmt: skip
    assert phone.wrong == []


def answers_on(asked: Questionnaire, path: Path, number: int, text: str) -> dict[str, AnswerValue]:
    """An answer to everything on the path, other choices in every walk; as they are stored."""
    answers: dict[str, AnswerValue] = {}
    for key in (key for screen in path.screens for key in screen):
        question = asked.question(key)
        if question.kind == QuestionKind.TEXT:
            answers[key] = text
        elif question.kind == QuestionKind.MULTIPLE:
            answers[key] = [each for each in question.choice_keys if each != path.taken["reason"]][
                number % 2 :: 3
            ]
        else:
            keys = question.choice_keys
            answers[key] = [path.taken.get(key, keys[number % len(keys)])]
    return answers


def walk(
    phone: Respondent,
    asked: Questionnaire,
    path: Path,
    token: str,
    answers: dict[str, AnswerValue],
    language: str,
) -> None:
    leading_to = [*(f"{number}/" for number in asked.screens[1 : len(path.screens)]), "thanks/"]
    phone.open(token)
    for screen, following in zip(path.screens, leading_to, strict=True):
        assert seen_right(phone, language)
        for key in screen:
            question = asked.question(key)
            for decoy, inside in decoys(asked, question, path):
                choose(phone, f"#q-{key}-{decoy}")
                for each in inside:
                    answer(phone, each, "…" if each.kind == "text" else [each.choice_keys[0]])
            answer(phone, question, answers[key])
        assert seen_right(phone, language)
        phone.send(following)
    assert seen_right(phone, language)
    # While cancelling, the way on is on every page.
    assert phone.page.locator("main > p > a.button").count() == (asked.moment == "cancelling")


def decoys(
    asked: Questionnaire, question: Question, path: Path
) -> Iterator[tuple[str, list[Question]]]:
    """One choice to take and leave again, with what it opens on the same screen."""
    taken = path.taken.get(question.key)
    others = opening_choices(asked, question.key) - {taken}
    for choice in (key for key in question.choice_keys if taken and key in others):
        inside = [
            each
            for each in asked.on_screen(question.screen)
            if any((one.question, one.choice) == (question.key, choice) for one in each.conditions)
        ]
        if inside:
            yield choice, inside
            return


def answer(phone: Respondent, question: Question, value: AnswerValue) -> None:
    if isinstance(value, list):
        for choice in value:
            choose(phone, f"#q-{question.key}-{choice}")
    else:
        phone.page.fill(f"#q-{question.key}", str(value))


def choose(phone: Respondent, choice: str) -> None:
    if phone.has_scripts:
        phone.page.check(choice)
    else:
        # What cannot be seen takes no focus, and then nothing is chosen.
        phone.page.press(choice, "Space")


def switch_language(phone: Respondent, language: str) -> None:
    phone.page.click(".languages summary")
    phone.page.click(f".languages button[value={language}]")
    phone.page.wait_for_selector(f"html[lang={language_tag(language)}]")


def seen_right(phone: Respondent, language: str) -> bool:
    seen = phone.seen()
    assert seen == [language_tag(language), direction(language), 320], phone.page.url
    return True
