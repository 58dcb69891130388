"""Small questionnaires for tests, and the exit survey in two languages instead of twelve."""

from django.utils import timezone

from surveys.default_surveys.content import default_questionnaire
from surveys.drafts import write_draft
from surveys.editing import remove_language
from surveys.models import Survey, SurveyVersion
from surveys.publishing import publish
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


def listed(key, *choices, screen=1, role="probe", under=(), kind="single", **more):
    """A question with choices; ``under``: (question, choice) pairs that open it."""
    return Question(
        key=key,
        kind=kind,
        role=role,
        screen=screen,
        words={"en": QuestionWords(label=f"{key}?")},
        choices=tuple(Choice(each, labels={"en": f"{each}!"}) for each in choices),
        conditions=tuple(Condition(*pair) for pair in under),
        **more,
    )


def written(key, *, screen=1, role="comment", under=(), conditions=()):
    return Question(
        key=key,
        kind="text",
        role=role,
        screen=screen,
        words={"en": QuestionWords(label=f"{key}?")},
        conditions=(*(Condition(*pair) for pair in under), *conditions),
    )


def scale(key, *, screen=1, role="comment"):
    return Question(
        key=key, kind="scale", role=role, screen=screen, words={"en": QuestionWords(f"{key}?")}
    )


def asked(*questions, words=None, **texts):
    """In English unless ``words`` says otherwise."""
    texts = {"title": "Why?", "thanks_title": "Thanks", **texts}
    said = words or {"en": VersionWords(**texts)}
    return Questionnaire(
        survey="mine",
        moment="left",
        default_language="en",
        languages=tuple(said),
        words=said,
        questions=questions,
    )


WHOLE = asked(
    listed("reason", "price", "other", role="reason", required=True),
    listed("price_probe", "budget", "value", under=[("reason", "price")]),
    written("reason_text", role="reason_text", under=[("reason", "other")]),
    written("comment", screen=2),
)


def exit_survey():
    """The exit survey's content in English and Chinese."""
    questionnaire = default_questionnaire("exit")
    for language in set(questionnaire.languages) - {"en", "zh-hans"}:
        questionnaire = remove_language(questionnaire, language)
    return questionnaire


def published_exit_survey():
    """Its version, published; made once a test."""
    version = SurveyVersion.objects.filter(survey__key="exit").select_related("survey").first()
    if version is None:
        survey = Survey.objects.create(key="exit", name="Exit survey", moment="left")
        version = write_draft(survey=survey, questionnaire=exit_survey())
        publish(version, now=timezone.now())
    return version
