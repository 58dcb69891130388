"""What a survey version must say before it is published, so that its answers become reasons."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reasons.models import Category, ChoiceMapping, Reason
from surveys.models import Choice, QuestionRole, SurveyVersion

DECIDING_ROLES = (QuestionRole.REASON, QuestionRole.PROBE)


def missing_meanings(version: SurveyVersion) -> list[str]:
    """A sentence for each choice that would lead to no reason, or stay ambiguous unasked.

    A choice under which people write in their own words needs no meaning: the text decides.
    Where no taxonomy is installed there is nothing to choose from, and nothing is asked for.
    Three queries.
    """
    if not Reason.objects.exists():
        return []
    meanings = {
        (mapping.question_key, mapping.choice_key): mapping.reason
        for mapping in ChoiceMapping.objects.filter(survey_key=version.survey.key).select_related(
            "reason"
        )
    }
    choices = (
        Choice.objects.filter(question__version=version, question__role__in=DECIDING_ROLES)
        .select_related("question")
        .prefetch_related("opens__question")
        .order_by("question__screen", "question__position", "position")
    )
    return [sentence for choice in choices for sentence in _missing(choice, meanings)]


def _missing(choice: Choice, meanings: dict[tuple[str, str], Reason]) -> Iterator[str]:
    opened = {condition.question.role for condition in choice.opens.all()}
    names = {"question": choice.question.key, "choice": choice.key}
    reason = meanings.get((choice.question.key, choice.key))
    if reason is None:
        if QuestionRole.REASON_TEXT not in opened:
            yield (
                _(
                    "Question %(question)s: choice %(choice)s has no reason. Say what it means, or "
                    "let people write in their own words under it."
                )
                % names
            )
    elif reason.category == Category.UNRESOLVED and QuestionRole.PROBE not in opened:
        yield _(
            "Question %(question)s: choice %(choice)s can mean several things "
            "(%(reason)s), and no follow-up asks which."
        ) % {**names, "reason": reason.label}
