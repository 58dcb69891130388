"""The default surveys as questionnaires: structure and words put together."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from surveys.default_surveys.structure import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    QUESTIONS,
    SURVEYS,
    Asked,
)
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


@cache
def _words_file(language: str) -> dict[str, Any]:
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _question_entry(survey: str, language: str, question: str) -> dict[str, Any]:
    """What the file of a language says about a question; the survey's own words win."""
    data = _words_file(language)
    entry: dict[str, Any] = {"choices": {}}
    for part in ("both", survey):
        said = data.get(part, {}).get("questions", {}).get(question, {})
        entry["choices"] |= said.get("choices", {})
        entry |= {name: text for name, text in said.items() if name != "choices"}
    return entry


def default_questionnaire(survey: str) -> Questionnaire:
    """The shipped questionnaire of ``survey`` (a key of SURVEYS).

    KeyError where a language's file lacks words: a file is complete or not shipped.
    """
    return Questionnaire(
        survey=survey,
        moment=str(SURVEYS[survey][1]),
        default_language=DEFAULT_LANGUAGE,
        languages=LANGUAGES,
        words={
            language: VersionWords(
                **{
                    name: text.strip()
                    for name, text in _words_file(language)[survey]["words"].items()
                }
            )
            for language in LANGUAGES
        },
        questions=tuple(_question(survey, asked) for asked in QUESTIONS),
    )


def _question(survey: str, asked: Asked) -> Question:
    entries = {language: _question_entry(survey, language, asked.key) for language in LANGUAGES}
    return Question(
        key=asked.key,
        kind=str(asked.kind),
        role=str(asked.role),
        screen=asked.screen,
        required=asked.required,
        shuffle=asked.shuffle,
        words={
            language: QuestionWords(label=entry["label"], help_text=entry.get("help_text", ""))
            for language, entry in entries.items()
        },
        choices=tuple(
            Choice(
                key=key,
                pinned=key in asked.pinned,
                labels={language: entry["choices"][key] for language, entry in entries.items()},
            )
            for key in asked.choices
        ),
        conditions=(Condition(*asked.under),) if asked.under else (),
    )
