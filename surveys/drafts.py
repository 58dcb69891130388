"""Drafts of survey versions: a questionnaire written out as rows that can be edited."""

from django.db import transaction

from surveys.models import (
    Choice,
    ChoiceText,
    Condition,
    ConditionTest,
    Question,
    QuestionText,
    Survey,
    SurveyVersion,
    VersionText,
)
from surveys.questionnaire import Condition as AskedCondition
from surveys.questionnaire import Questionnaire


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
    VersionText.objects.bulk_create(
        VersionText(version=version, language=language, **vars(words))
        for language, words in questionnaire.words.items()
    )
    questions = _write_questions(version, questionnaire)
    choices = _write_choices(questions, questionnaire)
    Condition.objects.bulk_create(
        _condition_row(questions[question.key], condition, questions, choices)
        for question in questionnaire.questions
        for condition in question.conditions
    )
    return version


def copy_to_draft(version: SurveyVersion) -> SurveyVersion:
    """A draft to edit that begins as the published ``version``."""
    questionnaire = Questionnaire.from_definition(version.definition)
    return write_draft(survey=version.survey, questionnaire=questionnaire)


def _condition_row(
    question: Question,
    condition: AskedCondition,
    questions: dict[str, Question],
    choices: dict[tuple[str, str], Choice],
) -> Condition:
    if condition.test == ConditionTest.CHOICE:
        return Condition(question=question, choice=choices[condition.question, condition.choice])
    return Condition(
        question=question,
        test=condition.test,
        source=questions[condition.question],
        at_least=condition.at_least,
        at_most=condition.at_most,
    )


def _write_questions(version: SurveyVersion, questionnaire: Questionnaire) -> dict[str, Question]:
    rows = Question.objects.bulk_create(
        Question(
            version=version,
            key=question.key,
            kind=question.kind,
            role=question.role,
            screen=question.screen,
            position=position,
            required=question.required,
            shuffle=question.shuffle,
        )
        for position, question in enumerate(questionnaire.questions, start=1)
    )
    by_key = {row.key: row for row in rows}
    QuestionText.objects.bulk_create(
        QuestionText(question=by_key[question.key], language=language, **vars(words))
        for question in questionnaire.questions
        for language, words in question.words.items()
    )
    return by_key


def _write_choices(
    questions: dict[str, Question], questionnaire: Questionnaire
) -> dict[tuple[str, str], Choice]:
    wanted = [
        (question, choice, position)
        for question in questionnaire.questions
        for position, choice in enumerate(question.choices, start=1)
    ]
    rows = Choice.objects.bulk_create(
        Choice(
            question=questions[question.key],
            key=choice.key,
            position=position,
            pinned=choice.pinned,
        )
        for question, choice, position in wanted
    )
    ChoiceText.objects.bulk_create(
        ChoiceText(choice=row, language=language, label=label)
        for row, (_question, choice, _position) in zip(rows, wanted, strict=True)
        for language, label in choice.labels.items()
    )
    return {
        (question.key, choice.key): row
        for row, (question, choice, _position) in zip(rows, wanted, strict=True)
    }
