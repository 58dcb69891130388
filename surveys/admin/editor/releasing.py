"""From a published version to a draft, and from a draft to a published version, or to nothing."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.admin.editor.page import language_lines
from surveys.admin.editor.visit import Visit, version_url
from surveys.comparison import compare
from surveys.drafts import copy_to_draft, current_content
from surveys.models import InvitationState, SurveyVersion
from surveys.publishing import (
    Problem,
    PublishRefusedError,
    publish,
    standing_in_the_way,
    warnings_of,
    without_empty_languages,
)

# Invitations that will still be answered keep the version that they were made with.
UNDER_WAY = (InvitationState.SCHEDULED, InvitationState.SENDING)


def publish_page(visit: Visit) -> HttpResponse:
    """GET: everything that stands in the way, or what publishing changes. POST publishes."""
    if visit.request.method != "POST":
        return _ask(visit)
    try:
        publish(visit.version, now=timezone.now())
    except PublishRefusedError as refused:
        return _ask(visit, problems=refused.problems, status=422)
    visit.log(_("Published."))
    said = _("Version %(number)d is in use now. New invitations lead to it.")
    return visit.done(said % {"number": visit.version.number}, visit.url("change"))


def new_draft(visit: Visit) -> HttpResponse:
    """A draft that begins as this published version; the one that is there if there is one."""
    version = visit.version
    if not version.is_published:
        return visit.done(_("This is a draft already."), visit.url("change"))
    try:
        with transaction.atomic():
            draft = copy_to_draft(version)
    except IntegrityError:
        # One draft at a time: lead to the one there is.
        draft = version.survey.versions.get(published_at=None)
        level, said = messages.WARNING, _("There is a draft already.")
    else:
        visit.admin.log_addition(visit.request, draft, _("Copied from %s.") % version)
        level = messages.SUCCESS
        said = _("This is a draft: nobody sees it before you publish it.")
    return visit.done(said, version_url(visit.admin, "change", draft), level=level)


def discard(visit: Visit) -> HttpResponse:
    """GET asks whether to; POST deletes the draft. A survey's only version stays."""
    if not visit.version.survey.versions.exclude(pk=visit.version.pk).exists():
        raise Http404
    if visit.request.method != "POST":
        return visit.render("discard.html", differences=_differences(visit))
    said = _("Draft %(version)s discarded.") % {"version": visit.version}
    visit.log(said)
    visit.version.delete()
    return visit.done(said, _survey_url(visit))


def _ask(visit: Visit, *, problems: list[Problem] | None = None, status: int = 200) -> HttpResponse:
    questionnaire = without_empty_languages(visit.questionnaire)
    if problems is None:
        problems = standing_in_the_way(visit.version, questionnaire)
    waiting = visit.version.survey.invitations.filter(state__in=UNDER_WAY).count()
    return visit.render(
        "publish.html",
        status=status,
        problems=[(problem, _place_url(visit, problem.place)) for problem in problems],
        warnings=[
            (problem, _place_url(visit, problem.place)) for problem in warnings_of(questionnaire)
        ],
        in_use=_in_use(visit.version),
        differences=_differences(visit),
        waiting=waiting,
        published_languages=[
            line for line in language_lines(visit) if line.code in questionnaire.languages
        ],
        left_out=[
            line for line in language_lines(visit) if line.code not in questionnaire.languages
        ],
        subtitle=_("Publish"),
    )


def _differences(visit: Visit) -> list[object]:
    before = _in_use(visit.version)
    if before is None:
        return []
    questionnaire = visit.questionnaire
    return list(compare(current_content(before), questionnaire, questionnaire.default_language))


def _in_use(version: SurveyVersion) -> SurveyVersion | None:
    published = version.survey.versions.filter(published_at__isnull=False)
    return published.defer("definition").order_by("-number").first()


def _place_url(visit: Visit, place: str) -> str:
    """Where somebody goes to mend a problem."""
    kind, _sep, name = place.partition(":")
    if kind == "question":
        return f"{visit.url('question', name)}#question-{name}"
    if kind == "texts":
        return f"{visit.url('texts')}#texts"
    if kind == "mail":
        return visit.url("mail", visit.questionnaire.default_language)
    if kind == "language":
        return visit.url("translation", name)
    return visit.url("change")


def _survey_url(visit: Visit) -> str:
    name = f"{visit.admin.admin_site.name}:surveys_survey_change"
    return reverse(name, args=[visit.version.survey_id])
