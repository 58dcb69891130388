"""The short way to save: the same rows as the whole way leaves, and never a second response."""

import datetime as dt
import threading

import pytest
from django.db import connections
from django.utils import timezone

from surveys.first_answers import save_first_screen
from surveys.glance import glance
from surveys.models import Answer, Cancellation, Response
from surveys.questionnaire import Questionnaire
from surveys.responses import save_screen
from surveys.signals import response_submitted
from surveys.unsent import keep_unsent
from tests.factories.surveys import InvitationFactory

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
PRICE = {"reason": "price", "price_probe": "budget_cut"}
OWN = {"id", "invitation_id", "customer_id", "cancellation_id", "response_id"}
ODD = "“Ünïcode” =1+1 'quoted' \\ %s {name}\nline"


def questionnaire_of(invitation):
    return Questionnaire.from_definition(invitation.survey_version.definition)


def save(seen, questionnaire, answers, **changes):
    said = {"text_probe": "", "completes": False, "language": "en", "now": NOW, **changes}
    return save_first_screen(
        seen, questionnaire=questionnaire, answers=answers, seed=seen.token, **said
    )


def columns(row):
    """Everything stored but what names the row and its invitation."""
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in OWN
    }


def rows_of(invitation):
    response = Response.objects.get(invitation=invitation)
    answers = Answer.objects.filter(response=response).order_by("question", "revision")
    assert response.customer_id == invitation.customer_id
    assert response.cancellation_id == invitation.cancellation_id
    return columns(response), [columns(answer) for answer in answers]


def content_version(invitation):
    return Cancellation.objects.get(pk=invitation.cancellation_id).content_version


@pytest.mark.django_db
@pytest.mark.parametrize("opened_at", [None, NOW - dt.timedelta(minutes=2)])
@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize(
    ("answers", "text_probe"),
    [
        (PRICE, ""),
        ({"reason": "unused"}, ""),
        ({"reason": "other", "reason_text": ODD}, "price_probe"),
        ({"reason": "other", "reason_text": ""}, ""),
    ],
)
def test_the_rows_are_those_of_the_whole_way(answers, text_probe, opened_at, is_kept):
    ours, theirs = (InvitationFactory(opened_at=opened_at) for _ in range(2))
    questionnaire = questionnaire_of(ours)
    if is_kept:
        for invitation in (ours, theirs):
            keep_unsent(
                invitation=invitation, questions=questionnaire.questions, language="de", now=NOW,
                values={"reason": "price", "comment": "of another screen"},
            )  # fmt: skip
    displayed = {
        question.key: [choice.key for choice in question.displayed_choices(ours.token)]
        for question in questionnaire.questions
        if question.has_choices
    }

    assert save(glance(ours.token), questionnaire, answers, text_probe=text_probe)
    theirs.refresh_from_db()
    save_screen(
        invitation=theirs, screen=1, answers=answers, displayed=displayed, language="en", now=NOW,
        text_probe=text_probe,
    )  # fmt: skip

    assert rows_of(ours) == rows_of(theirs)
    assert content_version(ours) == content_version(theirs) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("completes", [True, False])
def test_whether_a_screen_follows(completes):
    invitation = InvitationFactory()
    save(glance(invitation.token), questionnaire_of(invitation), PRICE, completes=completes)
    assert Response.objects.get().completed_at == (NOW if completes else None)


@pytest.mark.django_db
def test_the_news_is_told_inside_the_transaction_with_what_receivers_need():
    invitation, told = InvitationFactory(), []

    def receiver(response, **kwargs):
        assert connections["default"].in_atomic_block
        told.append(response)

    response_submitted.connect(receiver)
    try:
        save(glance(invitation.token), questionnaire_of(invitation), PRICE)
    finally:
        response_submitted.disconnect(receiver)
    assert told == [Response.objects.get()]
    assert told[0].cancellation == invitation.cancellation
    assert told[0].cancellation.requested_at == invitation.cancellation.requested_at


@pytest.mark.django_db
class TestSomebodyElseWasFirst:
    def test_with_an_answer(self):
        invitation = InvitationFactory()
        seen, questionnaire = glance(invitation.token), questionnaire_of(invitation)
        assert save(seen, questionnaire, PRICE)
        assert not save(seen, questionnaire, {"reason": "unused"})
        assert content_version(invitation) == 2
        assert Answer.objects.count() == 2

    def test_with_something_kept(self):
        invitation = InvitationFactory()
        seen, questionnaire = glance(invitation.token), questionnaire_of(invitation)
        keep_unsent(
            invitation=invitation, questions=questionnaire.on_screen(2), language="en", now=NOW,
            values={"comment": "Not lost"},
        )  # fmt: skip
        assert not save(seen, questionnaire, PRICE)
        assert Response.objects.get().unsent == {"comment": "Not lost"}
        assert not Answer.objects.exists()

    def test_with_more_kept_than_was_seen(self):
        invitation = InvitationFactory()
        questionnaire = questionnaire_of(invitation)
        for minute, comment in enumerate(["Not", "Not lost"]):
            seen = glance(invitation.token)
            keep_unsent(
                invitation=invitation, questions=questionnaire.on_screen(2), language="en",
                now=NOW + dt.timedelta(minutes=minute), values={"comment": comment},
            )  # fmt: skip
        assert not save(seen, questionnaire, PRICE)
        assert Response.objects.get().unsent == {"comment": "Not lost"}
        assert save(glance(invitation.token), questionnaire, PRICE)
        assert Response.objects.get().unsent == {"comment": "Not lost"}

    def test_and_the_answer_came_after_something_was_kept(self):
        invitation = InvitationFactory()
        questionnaire = questionnaire_of(invitation)
        keep_unsent(
            invitation=invitation, questions=questionnaire.on_screen(1), language="en", now=NOW,
            values={"reason": "price"},
        )  # fmt: skip
        seen = glance(invitation.token)
        assert save(seen, questionnaire, PRICE)
        assert Response.objects.get().unsent == {}
        assert not save(seen, questionnaire, {"reason": "unused"})
        assert Answer.objects.current().count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_kept", [False, True])
def test_of_twenty_at_once_exactly_one_is_saved(is_kept):
    invitation = InvitationFactory()
    questionnaire = questionnaire_of(invitation)
    if is_kept:
        keep_unsent(
            invitation=invitation, questions=questionnaire.on_screen(1), language="en",
            now=timezone.now(), values={"reason": "price"},
        )  # fmt: skip
    seen = glance(invitation.token)
    keys = questionnaire.question("price_probe").choice_keys
    start, saved, failures = threading.Barrier(20), [], []

    def submit(number):
        try:
            start.wait(timeout=60)
            answers = {"reason": "price", "price_probe": keys[number % len(keys)]}
            if save(seen, questionnaire, answers):
                saved.append([answers["price_probe"]])
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(saved) == 1
    assert Answer.objects.get(question__key="price_probe").choices == saved[0]
    assert Answer.objects.count() == 2
    assert content_version(invitation) == 2
