"""What a survey version must say before it is published, so that its answers become reasons."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from reasons.models import Category, ChoiceMapping, Reason
from surveys.models import (
    Choice,
    ChoiceText,
    Question,
    QuestionRole,
    QuestionText,
    SurveyVersion,
)
from surveys.publish_checks import Problem

DECIDING_ROLES = (QuestionRole.REASON, QuestionRole.PROBE)


def missing_meanings(version: SurveyVersion) -> list[Problem]:
    """A sentence for each choice that would lead to no reason, or stay ambiguous unasked.

    A choice under which people write in their own words needs no meaning: the text decides.
    Where no taxonomy is installed there is nothing to choose from, and nothing is asked for.
    Seven queries.
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
        .prefetch_related("opens__question", "texts", "question__texts")
        .order_by("question__screen", "question__position", "position")
    )
    return [
        Problem(sentence, f"question:{choice.question.key}")
        for choice in choices
        for sentence in _missing(choice, meanings, version.default_language)
    ]


def _missing(
    choice: Choice, meanings: dict[tuple[str, str], Reason], language: str
) -> Iterator[str]:
    opened = {condition.question.role for condition in choice.opens.all()}
    names = {
        "question": _name(choice.question, language),
        "choice": _name(choice, language),
    }
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


def _name(row: Choice | Question, language: str) -> str:
    """Its wording, and its key where that is another."""
    texts: Iterable[ChoiceText | QuestionText] = row.texts.all()
    wording = next((text.label for text in texts if text.language == language), "")
    return f"“{wording}” ({row.key})" if wording not in ("", row.key) else row.key
