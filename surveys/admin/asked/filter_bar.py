"""The bar of filters of *Who was asked*: a plain GET form whose every state is an address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext

from surveys.admin.asked.screen import (
    BY,
    CUSTOM,
    NO_LANGUAGE,
    PERIODS,
    USUAL_BY,
    USUAL_PERIOD,
    AskedScreen,
)
from surveys.models import Survey, SurveyVersion
from surveys.pages.languages import language_option


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Select:
    name: str
    label: str
    options: list[Option]
    is_set: bool


@dataclass(frozen=True, slots=True)
class FilterBar:
    selects: list[Select]
    first: str
    last: str


def filter_bar(
    screen: AskedScreen,
    *,
    surveys: Iterable[Survey],
    survey: Survey | None,
    versions: Iterable[SurveyVersion],
    languages: Iterable[str],
) -> FilterBar:
    """What can be chosen: what anybody was invited to in the period. No queries."""
    numbers = {str(version.number): f"v{version.number}" for version in versions}
    spoken = {code or NO_LANGUAGE: language_label(code) for code in languages}
    if screen.language:
        spoken.setdefault(screen.language, language_label(screen.language))
    chosen_version = "" if screen.version is None else str(screen.version)
    if chosen_version:
        numbers.setdefault(chosen_version, f"v{chosen_version}")
    return FilterBar(
        selects=[
            _select("period", gettext("Period"), PERIODS, screen.period, USUAL_PERIOD),
            _select(
                "survey",
                gettext("Survey"),
                {each.key: each.name for each in surveys},
                survey.key if survey else "",
                "" if screen.survey else (survey.key if survey else ""),
            ),
            _select(
                "version",
                gettext("Version"),
                {"": gettext("Version: all"), **numbers},
                chosen_version,
                "",
            ),
            _select(
                "language",
                gettext("Language"),
                {"": gettext("Language: all"), **spoken},
                screen.language,
                "",
            ),
            _select("by", gettext("Table"), BY, screen.by, USUAL_BY),
        ],
        first=screen.first.isoformat() if screen.period == CUSTOM else "",
        last=screen.last.isoformat() if screen.period == CUSTOM else "",
    )


def language_label(code: str) -> str:
    """In its own words; for invitations that name none, that it is not known."""
    if code in ("", NO_LANGUAGE):
        return gettext("Language: not known")
    return language_option(code).name


def _select(
    name: str, label: str, options: Mapping[str, str | Promise], chosen: str, usual: str
) -> Select:
    return Select(
        name=name,
        label=label,
        options=[Option(value, str(text), value == chosen) for value, text in options.items()],
        is_set=chosen != usual,
    )
