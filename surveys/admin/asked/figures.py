"""Counts of *Who was asked* as the page says them: sentences, steps and rows of tables."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.asked.filter_bar import language_label
from surveys.admin.asked.screen import NO_LANGUAGE, AskedScreen
from surveys.funnel import DAY, STEPS, Cell, Funnel, grouped, weeks
from surveys.models import ConditionTest, Survey, SurveyVersion
from surveys.selection import QuestionChoices
from surveys.stopping import QuestionFunnel
from surveys.wording import day, day_range, number, percent

BAR_WIDTH = 240
SMALL_BAR_WIDTH = 120
LABELS: dict[str, str | Promise] = {
    "invited": _("Invited"),
    "delivered": _("Delivered"),
    "opened": _("Opened"),
    "started": _("Started"),
    "answered": _("Answered"),
    "completed": _("Completed"),
}
MEANINGS: dict[str, str | Promise] = {
    "invited": _("by mail, on the cancel page or by a link handed on"),
    "delivered": _("sent and not returned, or offered on a page"),
    "opened": _("the survey's page was opened"),
    "started": _("something was filled in, sent or not"),
    "answered": _("at least one screen was sent"),
    "completed": _("the last screen was sent"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the table: ``code`` for files, ``label`` for people, ``url`` to see it alone."""

    code: str
    label: str
    url: str
    funnel: Funnel


def steps(funnel: Funnel) -> list[dict[str, Any]]:
    """Each step with its share of the invited and of the step before; bars in pixels."""
    rows = []
    before = funnel.invited
    for step in STEPS:
        count = getattr(funnel, step)
        rows.append(
            {
                "label": LABELS[step],
                "meaning": MEANINGS[step],
                "count": number(count),
                "of_invited": percent(_part(count, funnel.invited)),
                "of_before": percent(_part(count, before)) if step != "invited" else "",
                "before": number(before),
                "bar": _bar(count, funnel.invited, BAR_WIDTH),
            }
        )
        before = count
    return rows


def sentences(funnel: Funnel, questions: Sequence[QuestionFunnel]) -> list[str]:
    """Who answered, and the question where people stop."""
    if not funnel.invited:
        return []
    said = [
        ngettext(
            "Of %(invited)s invited, %(started)s started and %(completed)s completed the survey.",
            "Of %(invited)s invited, %(started)s started and %(completed)s completed the survey.",
            funnel.invited,
        )
        % {
            "invited": number(funnel.invited),
            "started": number(funnel.started),
            "completed": number(funnel.completed),
        }
    ]
    most = max(questions, key=lambda each: each.stopped, default=None)
    if most is not None and most.stopped:
        said.append(
            gettext("Of %(started)s who started, %(stopped)s stopped at “%(question)s”%(under)s.")
            % {
                "started": number(funnel.started),
                "stopped": number(most.stopped),
                "question": question_label(most),
                "under": _told_apart(most, questions),
            }
        )
    elif funnel.started:
        said.append(gettext("Nobody who started stopped on the way."))
    return said


def notes(funnel: Funnel) -> list[str]:
    said = []
    if funnel.partial:
        said.append(
            ngettext(
                "%(count)s answer is partial: what was sent counts, what was only filled in is "
                "shown as not sent.",
                "%(count)s answers are partial: what was sent counts, what was only filled in is "
                "shown as not sent.",
                funnel.partial,
            )
            % {"count": number(funnel.partial)}
        )
    if funnel.waiting:
        said.append(
            ngettext(
                "%(count)s of the invitations is still to be sent.",
                "%(count)s of the invitations are still to be sent.",
                funnel.waiting,
            )
            % {"count": number(funnel.waiting)}
        )
    if funnel.withheld:
        said.append(
            ngettext(
                "%(count)s customer was not written to and stands in no step; the invitation "
                "says why.",
                "%(count)s customers were not written to and stand in no step; each invitation "
                "says why.",
                funnel.withheld,
            )
            % {"count": number(funnel.withheld)}
        )
    return said


def groups(
    cells: Sequence[Cell],
    screen: AskedScreen,
    surveys: Mapping[int, Survey],
    versions: Mapping[int, SurveyVersion],
) -> list[Group]:
    """The table's rows: by week in order of time with the empty weeks, else the largest first."""
    if screen.by == "week":
        found = grouped(cells, lambda cell: cell.week)
        return [
            Group(f"{monday}", _week(monday, screen), "", found.get(monday, Funnel()))
            for monday in weeks(screen.first, screen.last)
        ]
    if screen.by == "language":
        made = [
            Group(
                code,
                language_label(code),
                _with(screen, "language", code or NO_LANGUAGE),
                funnel,
            )
            for code, funnel in grouped(cells, lambda cell: cell.language).items()
        ]
    elif screen.by == "version":
        made = [
            Group(
                f"v{versions[pk].number}",
                f"{surveys[versions[pk].survey_id].name} v{versions[pk].number}",
                _with(screen, "version", str(versions[pk].number)),
                funnel,
            )
            for pk, funnel in grouped(cells, lambda cell: cell.version_id).items()
        ]
    else:
        made = [
            Group(
                surveys[pk].key,
                surveys[pk].name,
                screen.of_survey(surveys[pk].key).query(),
                funnel,
            )
            for pk, funnel in grouped(cells, lambda cell: cell.survey_id).items()
        ]
    return sorted(made, key=lambda group: (-group.funnel.invited, group.code))


def table(
    cells: Sequence[Cell],
    screen: AskedScreen,
    surveys: Mapping[int, Survey],
    versions: Mapping[int, SurveyVersion],
) -> dict[str, Any]:
    """Columns, rows and their sum; each share is of the invited, whose number stands beside."""
    titles = {
        "week": gettext("Week"),
        "language": gettext("Language"),
        "version": gettext("Version"),
        "survey": gettext("Survey"),
    }
    headings = {
        "week": gettext("Week by week"),
        "language": gettext("By language"),
        "version": gettext("By version"),
        "survey": gettext("By survey"),
    }
    rows = groups(cells, screen, surveys, versions)
    return {
        "by": titles[screen.by],
        "heading": headings[screen.by],
        "columns": [LABELS[step] for step in STEPS],
        "rows": [{"label": row.label, "url": row.url, "cells": _cells(row.funnel)} for row in rows],
        "total": _cells(sum((row.funnel for row in rows), Funnel())),
    }


def question_rows(questions: Sequence[QuestionFunnel]) -> list[dict[str, Any]]:
    """Those that anybody was shown."""
    most = max((each.shown for each in questions), default=0)
    stop = max((each.stopped for each in questions), default=0)
    return [
        {
            "label": question_label(each),
            "under": under(each),
            "screen": each.question.screen,
            "shown": number(each.shown),
            "answered": number(each.answered),
            "share": percent(each.share),
            "unsent": number(each.unsent),
            "stopped": number(each.stopped),
            "is_most": bool(stop) and each.stopped == stop,
            "bar_shown": _bar(each.shown, most, SMALL_BAR_WIDTH),
            "bar": _bar(each.answered, most, SMALL_BAR_WIDTH),
        }
        for each in questions
        if each.shown
    ]


def choice_rows(
    questions: Sequence[QuestionChoices], funnels: Sequence[QuestionFunnel]
) -> list[dict[str, Any]]:
    """Choices by question, those that somebody was shown, the most taken first."""
    by_key = {funnel.question.key: funnel for funnel in funnels}
    return [
        {
            "label": question.label,
            "under": under(by_key[question.key]) if question.key in by_key else "",
            "answered": ngettext("%(count)s answer", "%(count)s answers", question.answered)
            % {"count": number(question.answered)},
            "choices": [
                {
                    "label": each.label,
                    "shown": number(each.shown),
                    "taken": number(each.taken),
                    "rate": percent(each.rate),
                    "bar": round((each.rate or 0) * SMALL_BAR_WIDTH),
                }
                for each in sorted(question.choices, key=lambda choice: -(choice.rate or 0))
                if each.shown
            ],
        }
        for question in questions
        if question.answered
    ]


def question_label(funnel: QuestionFunnel) -> str:
    words = funnel.questionnaire.question_words(funnel.question, get_language() or "en")
    return words.label


def under(funnel: QuestionFunnel) -> str:
    """The choices that open the question, at most two of them; "" where it needs none."""
    labels = []
    for condition in funnel.question.conditions:
        if condition.test != ConditionTest.CHOICE:
            continue
        source = funnel.questionnaire.question(condition.question)
        labels += [
            funnel.questionnaire.choice_label(choice, get_language() or "en")
            for choice in source.choices
            if choice.key == condition.choice
        ]
    return ", ".join(labels[:2]) + (" …" if len(labels) > 2 else "")


def _told_apart(funnel: QuestionFunnel, questions: Sequence[QuestionFunnel]) -> str:
    """In brackets what opens the question, where another one is asked in the same words."""
    label = question_label(funnel)
    alike = sum(question_label(each) == label for each in questions)
    opens = under(funnel) if alike > 1 else ""
    return f" ({opens})" if opens else ""


def _cells(funnel: Funnel) -> list[dict[str, str]]:
    return [
        {
            "count": number(getattr(funnel, step)),
            "share": ""
            if step == "invited"
            else percent(_part(getattr(funnel, step), funnel.invited)),
        }
        for step in STEPS
    ]


def _week(monday: dt.date, screen: AskedScreen) -> str:
    first, last = max(monday, screen.first), min(monday + 6 * DAY, screen.last)
    return day_range(first, last) if last >= first else day(monday)


def _with(screen: AskedScreen, name: str, value: str) -> str:
    """The same page with this filter alone, by week."""
    pairs = [pair for pair in screen.pairs() if pair[0] not in (name, "by")]
    return "?" + urlencode([*pairs, (name, value)])


def _part(count: int, whole: int) -> float | None:
    return count / whole if whole else None


def _bar(count: int, whole: int, width: int) -> int:
    return round(count / whole * width) if whole else 0
