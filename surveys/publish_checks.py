"""What must hold before anybody is asked a questionnaire, and what is only worth knowing. Pure."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.editing import can_hold
from surveys.models import ConditionTest, QuestionKind, QuestionRole
from surveys.placeholders import unknown_placeholders
from surveys.questionnaire import Question, Questionnaire
from surveys.wordings import (
    choice_wording_of,
    language_state,
    languages_in,
    wording_of,
    wordings_of,
)

# Longer lists are not read to their end: what stands last is chosen less.
MOST_CHOICES = 7


class Problem(str):
    """A sentence that a person can act on, and the place in the editor where they do.

    ``place``: ``texts``, ``mail``, ``question:<key>``, ``language:<code>``, or "" for the whole.
    """

    place: str

    def __new__(cls, sentence: str, place: str = "") -> "Problem":
        problem = super().__new__(cls, sentence)
        problem.place = place
        return problem


def problems_of(questionnaire: Questionnaire) -> list[Problem]:
    """Everything that stops publication; none when the questionnaire can be published."""
    problems = list(_of_whole(questionnaire))
    for question in questionnaire.questions:
        place = f"question:{question.key}"
        sentences = [
            *_of_wording(questionnaire, question),
            *_of_choices(questionnaire, question),
            *_of_conditions(questionnaire, question),
        ]
        problems += [Problem(sentence, place) for sentence in sentences]
    problems += _of_something_else(questionnaire)
    problems += _of_placeholders(questionnaire)
    problems += _of_translations(questionnaire)
    return problems


def warnings_of(questionnaire: Questionnaire) -> list[Problem]:
    """What does not stop publication and should be looked at."""
    found = [
        Problem(_too_many(questionnaire, question), f"question:{question.key}")
        for question in questionnaire.questions
        if question.role != QuestionRole.REASON and len(question.choices) > MOST_CHOICES
    ]
    if not any(question.role == QuestionRole.REASON for question in questionnaire.questions):
        found.append(
            Problem(_("No question asks for the main reason: answers will not say why they left."))
        )
    return found


def name_of(questionnaire: Questionnaire, question: Question) -> str:
    """How a sentence names a question: its wording, and its key where that is another."""
    wording = wording_of(questionnaire, question)
    return question.key if wording == question.key else f"“{wording}” ({question.key})"


def _choice_name(questionnaire: Questionnaire, question: Question, key: str) -> str:
    wording = choice_wording_of(questionnaire, question, key)
    return key if wording == key else f"“{wording}” ({key})"


def _of_whole(questionnaire: Questionnaire) -> Iterator[Problem]:
    language = questionnaire.default_language
    words = questionnaire.words.get(language)
    if words is None:
        yield Problem(
            _("There are no texts in the default language %(language)s.") % {"language": language},
            "texts",
        )
    elif not words.title or not words.thanks_title:
        yield Problem(
            _("The title and the title of the thanks must be filled in (%(language)s).")
            % {"language": language},
            "texts",
        )
    if not questionnaire.on_screen(1):
        yield Problem(_("The first screen has no question."))
    reasons = [
        name_of(questionnaire, question)
        for question in questionnaire.questions
        if question.role == QuestionRole.REASON
    ]
    if len(reasons) > 1:
        yield Problem(
            _("Only one question may ask for the main reason: %(keys)s.")
            % {"keys": ", ".join(reasons)}
        )


def _of_wording(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    language = questionnaire.default_language
    name = name_of(questionnaire, question)
    if not getattr(question.words.get(language), "label", ""):
        yield _("Question %(key)s has no wording in %(language)s.") % {
            "key": name,
            "language": language,
        }
    for choice in question.choices:
        if not choice.labels.get(language):
            yield _("Choice %(choice)s of question %(key)s has no wording in %(language)s.") % {
                "choice": choice.key,
                "key": name,
                "language": language,
            }


def _of_choices(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    name = {"key": name_of(questionnaire, question)}
    if question.has_choices and len(question.choices) < 2:
        yield _("Question %(key)s needs at least two choices.") % name
    if not question.has_choices and question.choices:
        yield _("Question %(key)s is of a kind that has no choices.") % name
    if question.role == QuestionRole.REASON:
        if not question.has_choices:
            yield _("Question %(key)s asks for the main reason: it must offer choices.") % name
        if question.conditions:
            yield _("Question %(key)s asks for the main reason: it cannot depend on a choice.") % (
                name
            )
        if len(question.choices) > MOST_CHOICES:
            yield _too_many(questionnaire, question)
    labels = [choice.labels.get(questionnaire.default_language) for choice in question.choices]
    for label in dict.fromkeys(each for each in labels if each and labels.count(each) > 1):
        yield _("Question %(key)s offers “%(label)s” more than once.") % {**name, "label": label}


def _too_many(questionnaire: Questionnaire, question: Question) -> str:
    return _(
        "Question %(key)s has %(count)d choices. More than %(most)d are not read to the end."
    ) % {
        "key": name_of(questionnaire, question),
        "count": len(question.choices),
        "most": MOST_CHOICES,
    }


def _of_conditions(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    """Conditions on later questions, ranges that are none, and what can never be reached."""
    keys = [other.key for other in questionnaire.questions]
    earlier = keys[: keys.index(question.key)]
    name = name_of(questionnaire, question)
    for condition in question.conditions:
        if condition.question not in earlier:
            other = (
                name_of(questionnaire, questionnaire.question(condition.question))
                if condition.question in keys
                else condition.question
            )
            yield _("Question %(key)s depends on %(other)s, which is not asked before it.") % {
                "key": name,
                "other": other,
            }
        if condition.test == ConditionTest.SCALE and not any(map(condition.holds, range(11))):
            yield _(
                "Question %(key)s: the range %(low)s to %(high)s is none. A scale goes from 0 to "
                "10, and the first number is the smaller one."
            ) % {"key": name, "low": condition.at_least, "high": condition.at_most}
    if question.conditions and question.key not in reachable(questionnaire):
        yield _("Question %(key)s can never be reached: no answer leads to it.") % {"key": name}


def reachable(questionnaire: Questionnaire) -> set[str]:
    """Keys of the questions that some way of answering leads to."""
    found: set[str] = set()
    for question in questionnaire.questions:  # a condition rests on an earlier question
        if not question.conditions or any(
            condition.question in found and can_hold(questionnaire, condition)
            for condition in question.conditions
        ):
            found.add(question.key)
    return found


def _of_something_else(questionnaire: Questionnaire) -> Iterator[Problem]:
    """Whoever finds nothing in the list must be able to say it in their own words."""
    reason = questionnaire.reason_question
    if reason is None or not reason.has_choices or not reason.choices:
        return
    for question in questionnaire.questions:
        if question.kind != QuestionKind.TEXT or question.role != QuestionRole.REASON_TEXT:
            continue
        rests_on = {condition.question for condition in question.conditions}
        if not rests_on or reason.key in rests_on:
            return
    yield Problem(
        _(
            "There is no way to say “something else”: add a text question of the role "
            "“%(role)s”, shown under one of the choices of question %(key)s."
        )
        % {
            "role": QuestionRole.REASON_TEXT.label,
            "key": name_of(questionnaire, reason),
        },
        f"question:{reason.key}",
    )


def _of_placeholders(questionnaire: Questionnaire) -> Iterator[Problem]:
    for language in languages_in(questionnaire):
        is_default = language == questionnaire.default_language
        for group in wordings_of(questionnaire, language):
            for wording in group.wordings:
                for unknown in unknown_placeholders(wording.said):
                    yield Problem(
                        _("%(where)s (%(language)s): nothing is known by the name {%(name)s}.")
                        % {
                            "where": f"{group.title}: {wording.label}",
                            "language": language,
                            "name": unknown,
                        },
                        group.place if is_default else f"language:{language}",
                    )


def _of_translations(questionnaire: Questionnaire) -> Iterator[Problem]:
    """A language is whole, or nothing is said in it and it is no part of the version."""
    for language in languages_in(questionnaire):
        state = language_state(questionnaire, language)
        if language != questionnaire.default_language and state.is_half:
            yield Problem(
                ngettext(
                    "%(language)s is half translated: %(count)d of %(total)d texts is missing.",
                    "%(language)s is half translated: %(count)d of %(total)d texts are missing.",
                    state.missing,
                )
                % {"language": language, "count": state.missing, "total": state.total},
                f"language:{language}",
            )
