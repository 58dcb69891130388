"""Surveys that a test makes up: small questionnaires, and published versions of them."""

from django.utils import timezone

from surveys import models
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


def question(key, kind="single", choices=(), screen=1, conditions=(), **options):
    """``conditions``: Condition, or (question, choice)."""
    return Question(
        key=key,
        kind=kind,
        role=options.pop("role", "did_well"),
        screen=screen,
        words={"en": QuestionWords(label=f"{key}?")},
        choices=tuple(Choice(name, labels={"en": name}) for name in choices),
        conditions=tuple(
            each if isinstance(each, Condition) else Condition(*each) for each in conditions
        ),
        **options,
    )


def written(key):
    """The condition that something was written there."""
    return Condition(key, test="text")


def scaled(key, at_least, at_most):
    return Condition(key, test="scale", at_least=at_least, at_most=at_most)


def questionnaire(*questions, survey="mine", moment="left"):
    return Questionnaire(
        survey=survey,
        moment=moment,
        default_language="en",
        languages=("en",),
        words={"en": VersionWords(title="First", more_title="More", thanks_title="Thanks")},
        questions=questions,
    )


def published(asked):
    """A published version that asks this; its questions have rows, their wording has none."""
    survey = models.Survey.objects.create(key=asked.survey, name="Mine", moment=asked.moment)
    version = models.SurveyVersion.objects.create(survey=survey, number=1)
    models.Question.objects.bulk_create(
        models.Question(
            version=version,
            key=each.key,
            kind=each.kind,
            role=each.role,
            screen=each.screen,
            position=position,
        )
        for position, each in enumerate(asked.questions)
    )
    version.definition, version.published_at = asked.to_definition(), timezone.now()
    version.save()
    return version
