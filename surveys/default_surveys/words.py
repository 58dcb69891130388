"""The words of the default surveys: a TOML file a language, and what may be wrong with one.

A language whose file is complete is offered; nothing else names the languages.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from surveys.default_surveys.templates import TEMPLATES, Template
from surveys.models import ChoiceText, QuestionRole, QuestionText, VersionText
from surveys.placeholders import PLACEHOLDERS

FOLDER = Path(__file__).parent
DEFAULT_LANGUAGE = "en"
SHARED = "shared"

PAGE = ("title", "introduction", "more_title", "more_introduction", "thanks_title", "thanks_text")
MAIL = ("mail_subject", "mail_body", "reminder_subject", "reminder_body")
# A language may address nobody by name: the sentence has to read well without one anyway.
MAY_BE_LEFT_OUT = frozenset({"contact_name"})


@dataclass(frozen=True)
class Place:
    """Where a wording is shown. ``table`` is a question's key, or "words" outside of questions.

    ``name``: a field of VersionWords, "label", "help_text", or "choices." and a choice's key.
    """

    survey: str
    table: str
    name: str
    longest: int | None = None
    is_optional: bool = False

    def __str__(self) -> str:
        return f"{self.survey}.{self.table}.{self.name}"


@dataclass(frozen=True)
class Words:
    """A language's file: its texts by (survey or "shared", table, name)."""

    language: str
    texts: Mapping[tuple[str, str, str], str]

    def at(self, survey: str, table: str, name: str) -> str:
        """The survey's own wording, else the one that surveys share, else ""."""
        own = self.texts.get((survey, table, name), "")
        return own or self.texts.get((SHARED, table, name), "")


@cache
def read_words(path: Path) -> Words:
    """The file of the language that it is named for.

    OSError, ValueError: it cannot be read, or something in it is no text.
    """
    texts: dict[tuple[str, str, str], str] = {}
    for part, tables in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for table, entries in _table(tables, part).items():
            for name, text in _leaves(_table(entries, f"{part}.{table}")):
                if not isinstance(text, str):
                    raise ValueError(f"{part}.{table}.{name} is no text.")
                texts[part, table, name] = text.strip()
    return Words(path.stem, texts)


def _table(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no table.")
    return value


def _leaves(entries: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in entries.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        else:
            yield name, value


def places_of(template: Template) -> Iterator[Place]:
    """Every wording that the survey needs, in the order in which it is read."""

    def longest(model: type[VersionText | QuestionText | ChoiceText], field: str) -> int | None:
        return getattr(getattr(model, field).field, "max_length", None)

    for name in (*PAGE, *(MAIL if template.is_mailed else ())):
        yield Place(template.key, "words", name, longest(VersionText, name))
    for asked in template.questions:
        # The main reason is what the survey's title asks for.
        if asked.role != QuestionRole.REASON:
            yield Place(template.key, asked.key, "label", longest(QuestionText, "label"))
            yield Place(
                template.key, asked.key, "help_text", longest(QuestionText, "help_text"),
                is_optional=True,
            )  # fmt: skip
        if not asked.labelled_as:
            for choice in asked.choices:
                yield Place(
                    template.key, asked.key, f"choices.{choice}", longest(ChoiceText, "label")
                )


@cache
def offered_languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """English, then every other language whose file in ``folder`` is complete, by code."""
    others = sorted({path.stem for path in folder.glob("*.toml")} - {DEFAULT_LANGUAGE})
    return DEFAULT_LANGUAGE, *(code for code in others if not problems_of_words(code, folder))


def all_problems(folder: Path = FOLDER) -> list[str]:
    """Of every file in ``folder``, a sentence each; none: all of it can be shipped."""
    codes = sorted(path.stem for path in folder.glob("*.toml"))
    return [problem for code in codes for problem in problems_of_words(code, folder)]


def problems_of_words(language: str, folder: Path = FOLDER) -> list[str]:
    """What keeps the file of ``language`` from being shipped, measured by the English one."""
    try:
        words = read_words(folder / f"{language}.toml")
    except (OSError, ValueError) as error:
        return [f"{language}: the file cannot be read: {error}"]
    english = read_words(folder / f"{DEFAULT_LANGUAGE}.toml")
    problems = list(_unused(words))
    for template in TEMPLATES:
        for place in places_of(template):
            problems += (
                f"{language}: {place}: {problem}" for problem in _problems_at(place, words, english)
            )
    return problems


def _problems_at(place: Place, words: Words, english: Words) -> Iterator[str]:
    text = words.at(place.survey, place.table, place.name)
    model = english.at(place.survey, place.table, place.name)
    if not text:
        if model or not place.is_optional:
            yield "no wording."
        return
    if place.longest is not None and len(text) > place.longest:
        yield f"{len(text)} characters, at most {place.longest}."
    named, expected = placeholders_in(text), placeholders_in(model)
    if unknown := named - set(PLACEHOLDERS):
        yield f"unknown placeholder {_listed(unknown)}."
    if missing := expected - named - MAY_BE_LEFT_OUT:
        yield f"the placeholder {_listed(missing)} is missing."
    if added := (named & set(PLACEHOLDERS)) - expected:
        yield f"the placeholder {_listed(added)} does not stand in English."


def placeholders_in(text: str) -> set[str]:
    return set(re.findall(r"\{([^{}]*)\}", text))


def _listed(names: set[str]) -> str:
    return ", ".join("{" + name + "}" for name in sorted(names))


def _unused(words: Words) -> Iterator[str]:
    """Texts that no page and no mail shows: a key misspelt, or left over."""
    shown = {
        (part, place.table, place.name)
        for template in TEMPLATES
        for place in places_of(template)
        for part in (SHARED, template.key)
    }
    for where in words.texts:
        if where not in shown:
            yield f"{words.language}: {'.'.join(where)}: no survey shows this."
