"""Publishing: a draft is frozen once everything holds that must hold before anybody is asked it."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from surveys import registries
from surveys.drafts import current_content
from surveys.editing import remove_language
from surveys.models import SurveyVersion
from surveys.publish_checks import Problem, problems_of, warnings_of
from surveys.questionnaire import Questionnaire
from surveys.wordings import language_state, languages_in

__all__ = [
    "Problem",
    "PublishRefusedError",
    "problems_of",
    "publish",
    "standing_in_the_way",
    "warnings_of",
]


class PublishRefusedError(Exception):
    """A version that cannot be published; ``problems`` says why, a sentence each."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@transaction.atomic
def publish(version: SurveyVersion, *, now: dt.datetime) -> SurveyVersion:
    """Freeze a draft: store its definition and let it be sent from ``now`` (aware) on.

    Languages in which nothing is said are left out. PublishRefusedError, with every problem said,
    where a check of this room or of one above objects, or where the version is published already.
    """
    locked = SurveyVersion.objects.select_for_update().select_related("survey").get(pk=version.pk)
    if locked.is_published:
        raise PublishRefusedError([Problem(_("%s is published already.") % locked)])
    questionnaire = without_empty_languages(current_content(locked))
    problems = standing_in_the_way(locked, questionnaire)
    if problems:
        raise PublishRefusedError(problems)
    locked.texts.exclude(language__in=questionnaire.languages).delete()
    locked.definition = questionnaire.to_definition()
    locked.published_at = now
    locked.save(update_fields=["definition", "published_at"])
    version.definition, version.published_at = locked.definition, now
    return version


def standing_in_the_way(version: SurveyVersion, questionnaire: Questionnaire) -> list[Problem]:
    """The problems of the draft ``version``, which says ``questionnaire``: of all rooms."""
    problems = problems_of(questionnaire)
    for check in registries.publish_checks:
        problems += [
            problem if isinstance(problem, Problem) else Problem(problem)
            for problem in check(version)
        ]
    return problems


def without_empty_languages(questionnaire: Questionnaire) -> Questionnaire:
    """Without the languages that were added and in which nothing has been said yet."""
    for language in languages_in(questionnaire):
        if language == questionnaire.default_language:
            continue
        if language_state(questionnaire, language).is_empty:
            questionnaire = remove_language(questionnaire, language)
    return questionnaire
