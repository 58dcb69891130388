"""The page *Who was asked*: how many came how far, where people stop, which choices they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from surveys.admin.asked import figures
from surveys.admin.asked.filter_bar import filter_bar
from surveys.admin.asked.screen import NO_LANGUAGE, AddressError, AskedScreen
from surveys.calendar import today
from surveys.csv_streaming import Row, as_csv
from surveys.funnel import STEPS, Cell, Cohort, Funnel, busiest_survey, count_funnel, total
from surveys.models import Survey, SurveyVersion
from surveys.selection import QuestionChoices, count_selections
from surveys.stopping import QuestionFunnel, count_questions
from surveys.wording import day_range

VIEW_FUNNEL = "surveys.view_survey"


@dataclass(frozen=True, slots=True)
class Asked:
    """All that one address shows: ``cells`` of its survey, ``everywhere`` those of the period.

    ``compared``: the cells of all surveys, where the table compares surveys.
    """

    screen: AskedScreen
    everywhere: list[Cell]
    cells: list[Cell]
    compared: list[Cell] | None
    surveys: dict[int, Survey]
    versions: dict[int, SurveyVersion]
    survey: Survey | None
    questions: list[QuestionFunnel]
    choices: list[QuestionChoices]

    @property
    def total(self) -> Funnel:
        return total(self.cells)

    @property
    def in_table(self) -> list[Cell]:
        return self.cells if self.compared is None else self.compared


def read_funnel(screen: AskedScreen) -> Asked:
    """Seven queries at most, however many invitations. AddressError: no such survey."""
    whole = Cohort(screen.first, screen.last)
    everywhere = count_funnel(whole)
    surveys = _surveys({cell.survey_id for cell in everywhere}, screen)
    survey = _chosen(screen, surveys, everywhere)
    versions = {
        version.pk: version
        for version in SurveyVersion.objects.filter(
            pk__in={cell.version_id for cell in everywhere}
        ).order_by("survey__name", "-number")
    }
    wanted = [
        pk
        for pk, version in versions.items()
        if survey is not None
        and version.survey_id == survey.pk
        and screen.version in (None, version.number)
    ]
    language = "" if screen.language == NO_LANGUAGE else screen.language
    cohort = replace(
        whole,
        survey_id=survey.pk if survey else None,
        version_id=(wanted[0] if wanted else 0) if screen.version is not None else None,
        language=language if screen.language else None,
    )
    read = [versions[pk] for pk in wanted]
    responses = cohort.responses()
    return Asked(
        screen=screen,
        everywhere=everywhere,
        cells=[cell for cell in everywhere if cohort.holds(cell)],
        compared=[
            cell
            for cell in everywhere
            if replace(cohort, survey_id=None, version_id=None).holds(cell)
        ]
        if screen.by == "survey"
        else None,
        surveys=surveys,
        versions=versions,
        survey=survey,
        questions=count_questions(responses, read) if read else [],
        choices=count_selections(responses, read, language=get_language() or "en") if read else [],
    )


def _surveys(keys: set[int], screen: AskedScreen) -> dict[int, Survey]:
    """Those that anybody was invited to, and the one that the address names."""
    found = Survey.objects.filter(pk__in=keys) | Survey.objects.filter(key=screen.survey)
    return {survey.pk: survey for survey in found.order_by("name")}


def _chosen(
    screen: AskedScreen, surveys: dict[int, Survey], cells: Sequence[Cell]
) -> Survey | None:
    if not screen.survey:
        busiest = busiest_survey(cells)
        return surveys[busiest] if busiest is not None else None
    for survey in surveys.values():
        if survey.key == screen.survey:
            return survey
    raise AddressError(
        gettext("There is no survey with the key “%(key)s”.") % {"key": screen.survey[:100]}
    )


@require_safe
def who_was_asked(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The funnel of one survey; ``format`` = csv, csv-questions or csv-choices downloads it."""
    if not request.user.has_perm(VIEW_FUNNEL):
        raise PermissionDenied
    try:
        screen = AskedScreen.from_query(request.GET, today=today())
        asked = read_funnel(screen)
    except AddressError as error:
        return _not_understood(request, site, str(error))
    if rows := _DOWNLOADS.get(request.GET.get("format", "")):
        name = f"who-was-asked-{request.GET['format'].removeprefix('csv').strip('-') or 'funnel'}"
        return as_csv(rows(asked), name=name, day=screen.last)
    return TemplateResponse(
        request,
        "admin/surveys/asked/funnel.html",
        {**site.each_context(request), **_context(asked)},
    )


def _context(asked: Asked) -> dict[str, Any]:
    screen, whole = asked.screen, asked.total
    return {
        "title": gettext("Who was asked"),
        "screen": screen,
        "period": day_range(screen.first, screen.last),
        "survey": asked.survey,
        "bar": filter_bar(
            screen,
            surveys=asked.surveys.values(),
            survey=asked.survey,
            versions=_versions_of(asked),
            languages=sorted({cell.language for cell in asked.everywhere}),
        ),
        "is_empty": not whole.invited and not whole.withheld,
        "sentences": figures.sentences(whole, asked.questions),
        "steps": figures.steps(whole),
        "notes": figures.notes(whole),
        "table": figures.table(asked.in_table, screen, asked.surveys, asked.versions),
        "questions": figures.question_rows(asked.questions),
        "choices": figures.choice_rows(asked.choices, asked.questions),
        "downloads": [
            (screen.query(("format", "csv")), gettext("Table as CSV")),
            (screen.query(("format", "csv-questions")), gettext("Questions as CSV")),
            (screen.query(("format", "csv-choices")), gettext("Choices as CSV")),
        ],
    }


def _versions_of(asked: Asked) -> list[SurveyVersion]:
    return [
        version
        for version in asked.versions.values()
        if asked.survey is not None and version.survey_id == asked.survey.pk
    ]


def _not_understood(request: HttpRequest, site: AdminSite, problem: str) -> TemplateResponse:
    context = {
        **site.each_context(request),
        "title": gettext("This address cannot be shown"),
        "problem": problem,
        "start_again": request.path,
    }
    return TemplateResponse(request, "admin/surveys/asked/not_understood.html", context, status=400)


def _funnel_rows(asked: Asked) -> Iterator[Row]:
    screen = asked.screen
    yield ("from", "to", "survey", screen.by, *STEPS, "partial", "withheld", "waiting")
    survey = asked.survey.key if asked.survey and screen.by != "survey" else ""
    for group in figures.groups(asked.in_table, screen, asked.surveys, asked.versions):
        funnel = group.funnel
        counts = [getattr(funnel, step) for step in STEPS]
        yield (
            *(screen.first, screen.last, survey, group.code),
            *counts,
            *(funnel.partial, funnel.withheld, funnel.waiting),
        )


def _question_rows(asked: Asked) -> Iterator[Row]:
    yield ("survey", "question", "label", "shown", "answered", "share", "not_sent", "stopped")
    survey = asked.survey.key if asked.survey else ""
    for each in asked.questions:
        key = each.question.key
        yield (
            *(survey, key, figures.question_label(each)),
            *(each.shown, each.answered, each.share, each.unsent, each.stopped),
        )


def _choice_rows(asked: Asked) -> Iterator[Row]:
    yield ("survey", "question", "choice", "label", "shown", "taken", "rate")
    survey = asked.survey.key if asked.survey else ""
    for question in asked.choices:
        for each in question.choices:
            yield survey, question.key, each.key, each.label, each.shown, each.taken, each.rate


_DOWNLOADS = {"csv": _funnel_rows, "csv-questions": _question_rows, "csv-choices": _choice_rows}
