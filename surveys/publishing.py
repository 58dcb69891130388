"""Publishing: a draft is frozen once everything holds that must hold before anybody is asked it."""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from surveys import registries
from surveys.models import QuestionRole, SurveyVersion
from surveys.questionnaire import Question, Questionnaire, compile_version


class PublishRefusedError(Exception):
    """A version that cannot be published; ``problems`` says why, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@transaction.atomic
def publish(version: SurveyVersion, *, now: dt.datetime) -> SurveyVersion:
    """Freeze a draft: store its definition and let it be sent from ``now`` (aware) on.

    PublishRefusedError, with every problem said, where a check of this room or of one above
    objects, or where the version is published already.
    """
    locked = SurveyVersion.objects.select_for_update().select_related("survey").get(pk=version.pk)
    if locked.is_published:
        raise PublishRefusedError([f"{locked} is published already."])
    definition = compile_version(locked)
    problems = problems_of(Questionnaire.from_definition(definition))
    for check in registries.publish_checks:
        problems += check(locked)
    if problems:
        raise PublishRefusedError(problems)
    locked.definition = definition
    locked.published_at = now
    locked.save(update_fields=["definition", "published_at"])
    version.definition, version.published_at = definition, now
    return version


def problems_of(questionnaire: Questionnaire) -> list[str]:
    """Sentences that a person can act on; none when the questionnaire can be published."""
    problems = list(_problems_of_whole(questionnaire))
    for question in questionnaire.questions:
        problems += _problems_of_wording(questionnaire, question)
        problems += _problems_of_choices(question)
        problems += _problems_of_conditions(questionnaire, question)
    return problems


def _problems_of_whole(questionnaire: Questionnaire) -> Iterator[str]:
    language = questionnaire.default_language
    words = questionnaire.words.get(language)
    if words is None:
        yield _("There are no texts in the default language %(language)s.") % {"language": language}
    elif not words.title or not words.thanks_title:
        yield _("The title and the title of the thanks must be filled in (%(language)s).") % {
            "language": language
        }
    if not questionnaire.on_screen(1):
        yield _("The first screen has no question.")
    reasons = [q.key for q in questionnaire.questions if q.role == QuestionRole.REASON]
    if len(reasons) > 1:
        yield _("Only one question may ask for the main reason: %(keys)s.") % {
            "keys": ", ".join(reasons)
        }


def _problems_of_wording(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    language = questionnaire.default_language
    if not getattr(question.words.get(language), "label", ""):
        yield _("Question %(key)s has no wording in %(language)s.") % {
            "key": question.key,
            "language": language,
        }
    for choice in question.choices:
        if not choice.labels.get(language):
            yield _("Choice %(choice)s of question %(key)s has no wording in %(language)s.") % {
                "choice": choice.key,
                "key": question.key,
                "language": language,
            }


def _problems_of_choices(question: Question) -> Iterator[str]:
    if question.has_choices and len(question.choices) < 2:
        yield _("Question %(key)s needs at least two choices.") % {"key": question.key}
    if not question.has_choices and question.choices:
        yield _("Question %(key)s is of a kind that has no choices.") % {"key": question.key}
    if question.role == QuestionRole.REASON and question.conditions:
        yield _("Question %(key)s asks for the main reason: it cannot depend on a choice.") % {
            "key": question.key
        }


def _problems_of_conditions(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    keys = [other.key for other in questionnaire.questions]
    earlier = keys[: keys.index(question.key)]
    for condition in question.conditions:
        if condition.question not in earlier:
            yield _("Question %(key)s depends on %(other)s, which is not asked before it.") % {
                "key": question.key,
                "other": condition.question,
            }
