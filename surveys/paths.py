"""Which screens a respondent comes to, one after the other. Pure.

A screen on which nothing is asked of them is passed over. Where the written reason calls for it,
one more question comes right after it, on a screen of its own: the settling screen.
"""

from collections.abc import Mapping

from surveys.models import QuestionKind, QuestionRole
from surveys.questionnaire import AnswerValue, Question, Questionnaire

# Stands for the settling screen wherever a screen's number is asked for; the others count from 1.
SETTLING = 0

# What decides by itself which reason is counted; other text does only where nothing was chosen.
_DECIDING_ROLES = (QuestionRole.REASON, QuestionRole.PROBE, QuestionRole.REASON_TEXT)
_WRITTEN_ROLES = (QuestionRole.REASON_TEXT, QuestionRole.STUCK, QuestionRole.COMMENT)


def is_settled_apart(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue], text_probe: str
) -> bool:
    """Whether ``text_probe`` is asked on the settling screen: nothing else opens it."""
    return bool(text_probe) and text_probe not in questionnaire.open_questions(answers)


def path(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue], *, text_probe: str = ""
) -> tuple[int, ...]:
    """The screens to come to, given these answers (by question key), from the first to the last."""
    opened = questionnaire.open_questions(answers, text_probe=text_probe)
    apart = is_settled_apart(questionnaire, answers, text_probe)
    screens = {
        question.screen
        for question in questionnaire.questions
        if question.key in opened and not (apart and question.key == text_probe)
    }
    places = [(screen, 0, screen) for screen in screens]
    if apart:
        places.append((_settled_after(questionnaire, answers), 1, SETTLING))
    return tuple(screen for *_, screen in sorted(places))


def screen_after(
    questionnaire: Questionnaire,
    screen: int,
    answers: Mapping[str, AnswerValue],
    *,
    text_probe: str = "",
) -> int | None:
    """The next screen of the path; None: it ends here. ``screen`` itself need not be on it."""
    ahead = path(questionnaire, answers, text_probe=text_probe)
    if screen in ahead:
        return next(iter(ahead[ahead.index(screen) + 1 :]), None)
    passed = _settled_after(questionnaire, answers) if screen == SETTLING else screen
    return next((each for each in ahead if each > passed), None)


def written_reason(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue]
) -> Question | None:
    """The question in whose text the reason stands; None where it is given otherwise or not at all.

    A probe that was asked under its choice settles it; so may a choice, beside which other text
    than the reason's own does not count. What the settling screen asked changes nothing here: it
    was asked because of this text.
    """
    opened = questionnaire.open_questions(answers)
    given = {
        question.key: question
        for question in questionnaire.questions
        if question.key in opened and answers.get(question.key) not in (None, "", [])
    }
    roles = {question.role for question in given.values()}
    if QuestionRole.PROBE in roles:
        return None
    wanted = _WRITTEN_ROLES[:1] if QuestionRole.REASON in roles else _WRITTEN_ROLES
    for role in wanted:
        for question in given.values():
            if question.role == role and question.kind == QuestionKind.TEXT:
                return question
    return None


def decides(questionnaire: Questionnaire, screen: int, written: Question) -> bool:
    """Whether sending ``screen`` says anew what the reason is, which stands in ``written``."""
    return written.screen == screen or any(
        question.role in _DECIDING_ROLES for question in questionnaire.on_screen(screen)
    )


def _settled_after(questionnaire: Questionnaire, answers: Mapping[str, AnswerValue]) -> int:
    written = written_reason(questionnaire, answers)
    first = questionnaire.screens[0] if questionnaire.screens else 1
    return written.screen if written else first
