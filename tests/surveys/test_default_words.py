"""The words of the default surveys: whole in every language; what is said of a file that is not."""

import re
import shutil

import pytest
from django.core.management import CommandError, call_command

from surveys.default_surveys import words as words_module
from surveys.default_surveys.content import default_questionnaire
from surveys.default_surveys.templates import TEMPLATES
from surveys.default_surveys.words import (
    FOLDER,
    all_problems,
    offered_languages,
    places_of,
    problems_of_words,
    read_words,
)

pytestmark = pytest.mark.every_language

KEYS = [template.key for template in TEMPLATES]
EVERY_SURVEY = pytest.mark.parametrize("survey", KEYS)


def all_texts(questionnaire):
    for language, words in questionnaire.words.items():
        for text in vars(words).values():
            yield language, text
    for question in questionnaire.questions:
        for language, words in question.words.items():
            yield language, words.label
            yield language, words.help_text
        for choice in question.choices:
            yield from choice.labels.items()


def test_every_language_that_is_there_is_whole():
    assert all_problems() == []
    files = {path.stem for path in FOLDER.glob("*.toml")}
    assert {"en", "zh-hans"} <= files == set(offered_languages())
    assert offered_languages()[0] == "en"


@EVERY_SURVEY
def test_every_wording_is_there_in_every_language(survey):
    whole = default_questionnaire(survey)
    assert whole.languages == offered_languages()
    filled = {
        language: [bool(text) for code, text in all_texts(whole) if code == language]
        for language in whole.languages
    }
    assert all(texts == filled["en"] for texts in filled.values())
    mailed = survey != "cancellation"
    for words in whole.words.values():
        texts = vars(words)
        assert all(bool(text) is (mailed or name not in words_module.MAIL)
                   for name, text in texts.items())  # fmt: skip


@EVERY_SURVEY
def test_chinese_is_chinese_and_nothing_says_churn(survey):
    for language, text in all_texts(default_questionnaire(survey)):
        assert "churn" not in text.lower()
        if language == "zh-hans" and text:
            assert re.search(r"[\u4e00-\u9fff]", text), text
            assert not re.search(r"[\u4e00-\u9fff][,?!:;]", text), f"half-width mark: {text}"


@EVERY_SURVEY
def test_no_two_choices_of_a_question_read_the_same(survey):
    whole = default_questionnaire(survey)
    for question in whole.questions:
        for language in whole.languages if question.choices else ():
            labels = [choice.labels[language] for choice in question.choices]
            assert len(set(labels)) == len(labels), (question.key, language)


def test_a_survey_says_its_own_words_before_the_shared_ones():
    english = read_words(FOLDER / "en.toml")
    assert english.at("exit", "reason", "choices.price") == "It cost too much"
    assert english.at("cancellation", "reason", "choices.price") == "It costs too much"
    assert english.at("cancellation", "reason", "choices.other") == "Something else"
    assert english.at("cancellation", "reason", "choices.unheard_of") == ""


def test_a_mailed_survey_needs_a_mail_and_a_reminder():
    by_key = {template.key: template for template in TEMPLATES}
    names = {place.name for place in places_of(by_key["exit"])}
    assert {"mail_subject", "mail_body", "reminder_subject", "reminder_body"} <= names
    assert "mail_subject" not in {place.name for place in places_of(by_key["cancellation"])}


@pytest.fixture
def folder(tmp_path):
    """English, and a German that is English still: complete."""
    shutil.copy(FOLDER / "en.toml", tmp_path / "en.toml")
    shutil.copy(FOLDER / "en.toml", tmp_path / "de.toml")
    return tmp_path


def change(folder, old, new):
    file = folder / "de.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_language_is_offered_when_its_file_is_there(folder):
    assert offered_languages(folder) == ("en", "de")
    assert problems_of_words("de", folder) == []


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        (
            'choices.fewer_people = "There are fewer of us now"',
            "",
            ["de: downgrade.not_needed_probe.choices.fewer_people: no wording."],
        ),
        (
            'choices.acquired = "We were bought, or merged with another company"',
            'choices.acquired = "  "',
            [
                f"de: {survey}.not_needed_probe.choices.acquired: no wording."
                for survey in ("exit", "cancellation", "downgrade")
            ],
        ),
        (
            'help_text = "Choose as many as you like."',
            "",
            [f"de: {survey}.contributing.help_text: no wording." for survey in KEYS[:-1]],
        ),
        (
            'mail_subject = "Did you mean to leave {organisation}?"',
            'mail_subject = "Did you mean to leave {organization}?"',
            [
                "de: payment_failed.words.mail_subject: unknown placeholder {organization}.",
                "de: payment_failed.words.mail_subject: the placeholder {organisation} is missing.",
            ],
        ),
        (
            'title = "What happened with the payment?"',
            'title = "What happened with {plan}?"',
            ["de: payment_failed.words.title: the placeholder {plan} does not stand in English."],
        ),
        (
            'choices.only_looking = "We only wanted to have a look"',
            f'choices.only_looking = "{"a" * 201}"',
            ["de: trial_ended.not_needed_probe.choices.only_looking: 201 characters, at most 200."],
        ),
        (
            "choices.only_looking",
            "choices.only_lookin",
            [
                "de: trial_ended.not_needed_probe.choices.only_lookin: no survey shows this.",
                "de: trial_ended.not_needed_probe.choices.only_looking: no wording.",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(folder, old, new, problems):
    change(folder, old, new)
    assert problems_of_words("de", folder) == problems
    assert all_problems(folder) == problems
    assert offered_languages(folder) == ("en",)


def test_a_language_may_address_nobody_by_name(folder):
    change(folder, "Hello {contact_name},", "Hello,")
    assert problems_of_words("de", folder) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("[exit.words]", "[exit.words", "the file cannot be read"),
        ('label = "Which one?"', "label = 7", "shared.destination_name.label is no text"),
        ("[shared.words]", "odd = 7\n[shared.words]", "odd is no table"),
    ],
)
def test_a_file_that_cannot_be_read_is_not_offered(folder, old, new, found):
    change(folder, old, new)
    problems = problems_of_words("de", folder)
    assert len(problems) == 1
    assert found in problems[0]
    assert offered_languages(folder) == ("en",)


def test_the_command_says_that_all_is_well(capsys):
    call_command("default_surveys", "--check")
    assert capsys.readouterr().out.startswith("The default surveys are whole in en, ")


def test_the_command_refuses_an_incomplete_language(folder, monkeypatch):
    change(folder, 'label = "Which one?"', "")
    monkeypatch.setattr(
        "surveys.management.commands.default_surveys.all_problems", lambda: all_problems(folder)
    )
    with pytest.raises(CommandError, match=r"de: exit\.destination_name\.label: no wording\."):
        call_command("default_surveys")
