"""The rows of a draft made to say what a questionnaire says. What is right already is left alone.

Rows keep their identity by their keys. Only for drafts: the bulk writes here pass by the guards of
``surveys.frozen``, so callers hold the lock of a version that they know to be a draft.
"""

from collections.abc import Mapping
from typing import Any

from surveys.models import (
    Choice,
    ChoiceText,
    Condition,
    ConditionTest,
    Question,
    QuestionText,
    SurveyVersion,
    VersionText,
)
from surveys.questionnaire import Condition as AskedCondition
from surveys.questionnaire import Questionnaire

# A position that no row has: two rows change places by way of it.
_ASIDE = 10_000


def write_rows(version: SurveyVersion, questionnaire: Questionnaire) -> None:
    """Add, change and delete rows of the draft ``version`` until they say this, and no more."""
    _sync(
        VersionText,
        {row.language: row for row in version.texts.all()},
        {
            language: {"version_id": version.pk, "language": language, **vars(words)}
            for language, words in questionnaire.words.items()
        },
    )
    # Before questions and choices: a row that is gone takes its conditions along.
    conditions = {
        (row.question_id, row.choice_id, row.source_id): row
        for row in Condition.objects.filter(question__version=version)
    }
    questions = _write_questions(version, questionnaire)
    choices = _write_choices(version, questions, questionnaire)
    _write_conditions(conditions, questionnaire, questions, choices)


def _write_questions(version: SurveyVersion, questionnaire: Questionnaire) -> dict[str, Question]:
    rows: dict[str, Question] = _sync(
        Question,
        {row.key: row for row in version.questions.all()},
        {
            question.key: {
                "version_id": version.pk,
                "key": question.key,
                "kind": question.kind,
                "role": question.role,
                "screen": question.screen,
                "position": position,
                "required": question.required,
                "shuffle": question.shuffle,
            }
            for position, question in enumerate(questionnaire.questions, start=1)
        },
    )
    texts = QuestionText.objects.filter(question__version=version)
    _sync(
        QuestionText,
        {(row.question_id, row.language): row for row in texts},
        {
            (rows[question.key].pk, language): {
                "question_id": rows[question.key].pk,
                "language": language,
                **vars(words),
            }
            for question in questionnaire.questions
            for language, words in question.words.items()
        },
    )
    return rows


def _write_choices(
    version: SurveyVersion, questions: Mapping[str, Question], questionnaire: Questionnaire
) -> dict[tuple[str, str], Choice]:
    there = Choice.objects.filter(question__version=version).select_related("question")
    rows: dict[tuple[str, str], Choice] = _sync(
        Choice,
        {(row.question.key, row.key): row for row in there},
        {
            (question.key, choice.key): {
                "question_id": questions[question.key].pk,
                "key": choice.key,
                "position": position,
                "pinned": choice.pinned,
            }
            for question in questionnaire.questions
            for position, choice in enumerate(question.choices, start=1)
        },
    )
    texts = ChoiceText.objects.filter(choice__question__version=version)
    _sync(
        ChoiceText,
        {(row.choice_id, row.language): row for row in texts},
        {
            (rows[question.key, choice.key].pk, language): {
                "choice_id": rows[question.key, choice.key].pk,
                "language": language,
                "label": label,
            }
            for question in questionnaire.questions
            for choice in question.choices
            for language, label in choice.labels.items()
        },
    )
    return rows


def _write_conditions(
    before: dict[Any, Condition],
    questionnaire: Questionnaire,
    questions: Mapping[str, Question],
    choices: Mapping[tuple[str, str], Choice],
) -> None:
    wanted = {}
    for question in questionnaire.questions:
        for condition in question.conditions:
            values = _condition_values(condition, questions, choices)
            key = (
                questions[question.key].pk,
                values["choice_id"],
                values["source_id"],
            )
            wanted[key] = {"question_id": questions[question.key].pk, **values}
    # Those whose question or choice has just been deleted went with it.
    left = Condition.objects.filter(pk__in=[row.pk for row in before.values()])
    pks = set(left.values_list("pk", flat=True))
    _sync(Condition, {key: row for key, row in before.items() if row.pk in pks}, wanted)


def _condition_values(
    condition: AskedCondition,
    questions: Mapping[str, Question],
    choices: Mapping[tuple[str, str], Choice],
) -> dict[str, Any]:
    is_choice = condition.test == ConditionTest.CHOICE
    return {
        "test": condition.test,
        "choice_id": choices[condition.question, condition.choice].pk if is_choice else None,
        "source_id": None if is_choice else questions[condition.question].pk,
        "at_least": condition.at_least,
        "at_most": condition.at_most,
    }


def _sync(
    model: Any, there: Mapping[Any, Any], wanted: Mapping[Any, dict[str, Any]]
) -> dict[Any, Any]:
    """Rows by key, afterwards exactly the ``wanted`` ones with these values."""
    gone = [row.pk for key, row in there.items() if key not in wanted]
    if gone:
        model.objects.filter(pk__in=gone).delete()
    rows = {key: there[key] for key in wanted if key in there}
    changes = {key: _change(row, wanted[key]) for key, row in rows.items()}
    changed = [row for key, row in rows.items() if changes[key]]
    fields = sorted(set().union(*changes.values()))
    if "position" in fields:
        _step_aside(model, changed)
    if changed:
        model.objects.bulk_update(changed, fields)
    new = {key: model(**values) for key, values in wanted.items() if key not in there}
    model.objects.bulk_create(new.values())
    return {key: new.get(key) or rows[key] for key in wanted}


def _change(row: Any, values: Mapping[str, Any]) -> set[str]:
    """Give the row these values; the names of those that were others."""
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _step_aside(model: Any, rows: list[Any]) -> None:
    wanted = [row.position for row in rows]
    for at, row in enumerate(rows):
        row.position = _ASIDE + at
    model.objects.bulk_update(rows, ["position"])
    for row, position in zip(rows, wanted, strict=True):
        row.position = position
