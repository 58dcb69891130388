import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from surveys.drafts import write_draft
from surveys.models import Answer, Response, SurveyVersion
from surveys.questionnaire import Questionnaire
from surveys.selection import count_selections, selection_rates
from tests.factories.surveys import (
    AnswerFactory,
    CustomerFactory,
    InvitationFactory,
    ResponseFactory,
    published_version,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def answer(choices, displayed, *, key="reason", version=None, **fields):
    version = version or published_version()
    response = ResponseFactory(
        invitation=InvitationFactory(survey_version=version),
        **{"started_at": NOW, **fields},
    )
    return AnswerFactory(
        response=response, key=key, choices=choices, displayed=displayed, answered_at=NOW
    )


def rates(**options):
    found = selection_rates(
        survey=published_version().survey,
        **{"question": "reason", "first": TODAY, "last": TODAY, **options},
    )
    return {each.key: (each.shown, each.taken) for each in found if each.shown}


def test_of_those_who_were_shown_it():
    answer(["price"], ["price", "unused"])
    answer(["unused"], ["unused", "price", "other"])
    answer(["other"], ["other", "unused"])
    assert rates() == {"price": (2, 1), "unused": (3, 1), "other": (2, 1)}


def test_a_rate_is_a_part_and_nobody_makes_none():
    answer(["price"], ["price", "unused"])
    found = {
        each.key: each.rate
        for each in selection_rates(
            survey=published_version().survey, question="reason", first=TODAY, last=TODAY
        )
    }
    assert (found["price"], found["unused"], found["other"]) == (1.0, 0.0, None)


def test_several_choices_count_one_by_one():
    answer(["price", "unused"], ["price", "unused", "other"], key="contributing")
    answer(["price"], ["other", "price"], key="contributing")
    assert rates(question="contributing") == {"price": (2, 2), "unused": (1, 1), "other": (2, 0)}


def test_only_the_current_revision_counts():
    before = answer(["price"], ["price", "unused"])
    Answer.objects.filter(pk=before.pk).update(is_current=False)
    AnswerFactory(
        response=before.response, key="reason", revision=2, choices=["unused"],
        displayed=["price", "unused"], answered_at=NOW,
    )  # fmt: skip
    assert rates() == {"price": (1, 0), "unused": (1, 1)}


def test_tests_and_what_was_never_sent_are_left_out():
    answer(["price"], ["price"], is_test=True)
    answer(["price"], ["price"], submitted_at=None)
    of_test = answer(["price"], ["price"])
    Response.objects.filter(pk=of_test.response_id).update(customer=CustomerFactory(is_test=True))
    assert rates() == {}


@pytest.mark.parametrize(
    ("first", "last", "counted"),
    [
        (TODAY, TODAY, 1),
        (TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1), 1),
        (TODAY - dt.timedelta(days=9), TODAY - dt.timedelta(days=1), 0),
        (TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=9), 0),
    ],
)
def test_both_ends_of_the_period_are_included(first, last, counted):
    answer(["price"], ["price"])
    assert rates(first=first, last=last) == ({"price": (1, 1)} if counted else {})


def newer_version():
    """Without "unused", with a choice that the older one does not know."""
    old = published_version()
    definition = Questionnaire.from_definition(old.definition).to_definition()
    for question in definition["questions"]:
        if question["key"] == "reason":
            question["choices"].append(
                {"key": "moved", "pinned": False, "labels": {"en": "We moved", "zh-hans": "搬家"}}
            )
    draft = write_draft(survey=old.survey, questionnaire=Questionnaire.from_definition(definition))
    SurveyVersion.objects.filter(pk=draft.pk).update(
        definition=definition, published_at=timezone.now()
    )
    draft.refresh_from_db()
    return draft


def test_versions_with_other_choices():
    old = published_version()
    answer(["price"], ["price", "unused"], version=old)
    new = newer_version()
    answer(["moved"], ["moved", "price"], version=new)
    assert rates() == {"price": (2, 1), "unused": (1, 0), "moved": (1, 1)}
    assert rates(version=old) == {"price": (1, 1), "unused": (1, 0)}
    labels = selection_rates(survey=old.survey, question="reason", first=TODAY, last=TODAY)
    assert labels[-1].label == "We moved"


@pytest.mark.parametrize("question", ["stuck", "no_such_question"])
def test_a_question_without_choices_has_no_rates(question):
    assert rates(question=question) == {}


def test_every_question_takes_one_query(django_assert_num_queries):
    version = published_version()
    for _ in range(5):
        answer(["price"], ["price", "unused"])
    with django_assert_num_queries(1):
        found = count_selections(Response.objects.all(), [version], language="zh-hans")
    reason = next(each for each in found if each.key == "reason")
    assert (reason.answered, reason.choices[0].taken) == (5, 5)
    assert reason.label != "reason"
    assert found[0].key == "reason"
