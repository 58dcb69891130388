"""Drafts of survey versions: a questionnaire written out as rows, and read back from them."""

from collections.abc import Callable

from django.db import transaction

from surveys.draft_rows import write_rows
from surveys.frozen import FrozenVersionError
from surveys.models import Survey, SurveyVersion
from surveys.questionnaire import Questionnaire, compile_version, questionnaire_of


@transaction.atomic
def write_draft(*, survey: Survey, questionnaire: Questionnaire) -> SurveyVersion:
    """A new draft with the questionnaire's content, numbered after the newest version.

    IntegrityError where the survey has a draft already: there is one at a time.
    """
    newest = survey.versions.order_by("-number").first()
    version = SurveyVersion.objects.create(
        survey=survey,
        number=newest.number + 1 if newest else 1,
        default_language=questionnaire.default_language,
    )
    write_rows(version, questionnaire)
    return version


def copy_to_draft(version: SurveyVersion) -> SurveyVersion:
    """A draft to edit that begins as the published ``version``."""
    return write_draft(survey=version.survey, questionnaire=current_content(version))


def current_content(version: SurveyVersion) -> Questionnaire:
    """What a version asks: of a draft as its rows say it now, else as it was published.

    Nine queries for a draft; none or one for a published version.
    """
    if version.is_published:
        return questionnaire_of(version)
    return Questionnaire.from_definition(compile_version(version))


@transaction.atomic
def edit_draft(
    version: SurveyVersion, edit: Callable[[Questionnaire], Questionnaire]
) -> Questionnaire:
    """Change a draft by ``edit``, which is given what the draft says at this moment.

    Two people at work on one draft wait for each other, so neither loses what they changed.
    FrozenVersionError where it has been published meanwhile. Whatever ``edit`` raises leaves
    everything as it was.
    """
    locked = SurveyVersion.objects.select_for_update().select_related("survey").get(pk=version.pk)
    if locked.is_published:
        raise FrozenVersionError(f"{locked} is published and cannot be changed.")
    before = current_content(locked)
    after = edit(before)
    if after != before:
        write_rows(locked, after)
    return after
