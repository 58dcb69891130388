"""When a question is shown, as a sentence."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from surveys.models import ConditionTest
from surveys.questionnaire import Condition, Questionnaire
from surveys.wordings import choice_wording_of, wording_of


def conditions_in_words(questionnaire: Questionnaire, conditions: Iterable[Condition]) -> list[str]:
    """A sentence for each question that they rest on; any one of them is enough.

    ``“Why did you leave?” is “It cost too much” or “Something else”``.
    """
    choices: dict[str, list[Condition]] = {}
    sentences: list[str] = []
    for condition in conditions:
        if condition.test == ConditionTest.CHOICE:
            choices.setdefault(condition.question, []).append(condition)
        else:
            sentences.append(condition_in_words(questionnaire, condition))
    return [_any_choice(questionnaire, each) for each in choices.values()] + sentences


def _any_choice(questionnaire: Questionnaire, conditions: list[Condition]) -> str:
    """Of conditions on choices of the same question."""
    first, *others = conditions
    sentence = condition_in_words(questionnaire, first)
    for condition in others:
        wording = _choice_of(questionnaire, condition)
        sentence = _("%(sentence)s or “%(choice)s”") % {"sentence": sentence, "choice": wording}
    return sentence


def _choice_of(questionnaire: Questionnaire, condition: Condition) -> str:
    for question in questionnaire.questions:
        if question.key == condition.question:
            return choice_wording_of(questionnaire, question, condition.choice)
    return condition.choice


def condition_in_words(questionnaire: Questionnaire, condition: Condition) -> str:
    """``“Why did you leave?” is “It cost too much”``; by keys where a question is gone."""
    name = next(
        (
            wording_of(questionnaire, q)
            for q in questionnaire.questions
            if q.key == condition.question
        ),
        condition.question,
    )
    if condition.test == ConditionTest.CHOICE:
        return _("“%(question)s” is “%(choice)s”") % {
            "question": name,
            "choice": _choice_of(questionnaire, condition),
        }
    if condition.test == ConditionTest.TEXT:
        return _("something was written under “%(question)s”") % {"question": name}
    return _("“%(question)s” is between %(low)s and %(high)s") % {
        "question": name,
        "low": condition.at_least,
        "high": condition.at_most,
    }
