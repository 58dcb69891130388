"""The first page of the editor: a version's questions in order, screen by screen, to be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpResponse
from django.utils.translation import gettext as _

from surveys import registries
from surveys.admin.editor.question_forms import KIND_CHOICES, ROLE_CHOICES
from surveys.admin.editor.visit import Visit
from surveys.conditions_in_words import conditions_in_words
from surveys.pages.languages import direction, language_option, language_tag
from surveys.publishing import Problem, standing_in_the_way, warnings_of
from surveys.questionnaire import Choice, Question, Questionnaire
from surveys.wordings import LanguageState, language_state, languages_in, wording_of

_KINDS: dict[str, Any] = {str(key): words for key, words in KIND_CHOICES}
_ROLES: dict[str, Any] = {str(key): words for key, words in ROLE_CHOICES}


@dataclass(frozen=True)
class ChoiceLine:
    key: str
    label: str
    pinned: bool
    # What upper rooms say beside it: the reason that it means.
    remarks: list[str]


@dataclass(frozen=True)
class Card:
    """A question as it is read."""

    key: str
    label: str
    help_text: str
    kind: Any
    role: Any
    screen: int
    required: bool
    shuffle: bool
    choices: list[ChoiceLine]
    conditions: list[str]
    problems: list[str] = field(default_factory=list)
    is_first: bool = False
    is_last: bool = False


@dataclass(frozen=True)
class ScreenCards:
    number: int
    cards: list[Card]


@dataclass(frozen=True)
class LanguageLine:
    """A language of the version, and how far its translation is."""

    code: str
    tag: str
    direction: str
    name: str
    is_default: bool
    state: LanguageState


def show_page(visit: Visit) -> HttpResponse:
    """The version to be read; a draft with the doors to everything that can be done with it."""
    language = visit.request.GET.get("lang", "")
    return render_editor(visit, language=language)


def render_editor(
    visit: Visit, *, language: str = "", status: int = 200, **opened: Any
) -> HttpResponse:
    """The page, with one form opened at its place where ``opened`` holds one."""
    questionnaire = visit.questionnaire
    languages = language_lines(visit)
    if language not in [line.code for line in languages]:
        language = questionnaire.default_language
    problems: list[Problem] = []
    warnings: list[Problem] = []
    if not visit.version.is_published:
        problems = standing_in_the_way(visit.version, questionnaire)
        warnings = warnings_of(questionnaire)
    return visit.render(
        "editor.html",
        status=status,
        screens=screens_of(visit, language, problems),
        words=questionnaire.words.get(language),
        language=next(line for line in languages if line.code == language),
        languages=languages,
        problems=problems,
        warnings=warnings,
        problems_of_texts=[each for each in problems if each.place == "texts"],
        subtitle=_("Draft") if not visit.version.is_published else "",
        responses=_responses(visit),
        languages_offered=languages_offered(questionnaire) if visit.may_edit else [],
        **opened,
    )


def screens_of(visit: Visit, language: str, problems: Iterable[Problem] = ()) -> list[ScreenCards]:
    questionnaire = visit.questionnaire
    said = [field.in_words(visit.survey_key) for field in registries.choice_fields]
    by_place: dict[str, list[str]] = {}
    for problem in problems:
        by_place.setdefault(problem.place, []).append(problem)
    keys = [question.key for question in questionnaire.questions]
    return [
        ScreenCards(
            number,
            [
                _card(
                    visit, question, language, said,
                    problems=by_place.get(f"question:{question.key}", []),
                    is_first=question.key == keys[0], is_last=question.key == keys[-1],
                )
                for question in questionnaire.on_screen(number)
            ],
        )
        for number in questionnaire.screens
    ]  # fmt: skip


def language_lines(visit: Visit) -> list[LanguageLine]:
    questionnaire = visit.questionnaire
    return [
        LanguageLine(
            code=code,
            tag=language_tag(code),
            direction=direction(code),
            name=language_name(code),
            is_default=code == questionnaire.default_language,
            state=language_state(questionnaire, code),
        )
        for code in languages_in(questionnaire)
    ]


def language_name(code: str) -> str:
    """In the reader's language where we have it, else in itself."""
    names: Mapping[str, Any] = dict(settings.LANGUAGES)
    return _(str(names[code])) if code in names else language_option(code).name


def languages_offered(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    """Those of the interface first, then every other one that Django knows; codes and names."""
    there = languages_in(questionnaire)
    first = [code for code, _name in settings.LANGUAGES]
    others = sorted(
        (code for code, known in LANG_INFO.items() if "name_local" in known and code not in first),
        key=lambda code: LANG_INFO[code]["name"],
    )
    return [(code, language_name(code)) for code in [*first, *others] if code not in there]


def _card(
    visit: Visit,
    question: Question,
    language: str,
    said: list[Mapping[tuple[str, str], str]],
    **more: Any,
) -> Card:
    questionnaire = visit.questionnaire
    words = question.words.get(language)
    return Card(
        key=question.key,
        label=(words.label if words else "") or wording_of(questionnaire, question),
        help_text=words.help_text if words else "",
        kind=_KINDS.get(question.kind, question.kind),
        role=_ROLES.get(question.role, question.role),
        screen=question.screen,
        required=question.required,
        shuffle=question.shuffle,
        choices=[_line(question, choice, language, said) for choice in question.choices],
        conditions=conditions_in_words(questionnaire, question.conditions),
        **more,
    )


def _line(
    question: Question,
    choice: Choice,
    language: str,
    said: list[Mapping[tuple[str, str], str]],
) -> ChoiceLine:
    place = (question.key, choice.key)
    remarks = [each[place] for each in said if place in each]
    label = choice.labels.get(language) or choice.key
    return ChoiceLine(choice.key, label, choice.pinned, remarks)


def _responses(visit: Visit) -> int:
    if not visit.version.is_published:
        return 0
    return visit.version.responses.filter(submitted_at__isnull=False, is_test=False).count()
