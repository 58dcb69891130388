"""What was filled in and not sent: kept leniently, merged by screen, gone once it is sent."""

import datetime as dt
import threading

import pytest
from django.db import connections
from django.utils import timezone

from surveys.models import Answer, InvitationState, Response
from surveys.privacy import erase_address, erase_customer
from surveys.questionnaire import questionnaire_of
from surveys.responses import save_screen
from surveys.signals import response_submitted
from surveys.unsent import KEPT_TEXT_LIMIT, filled_in, keep_unsent
from tests.factories.questionnaires import question
from tests.factories.surveys import CancellationFactory, ContactFactory, InvitationFactory

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=2)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("single", ["a"], ["a"]),
        ("single", ["a", "b"], ["b"]),
        ("single", ["z"], None),
        ("single", [], None),
        ("multiple", ["c", "a", "z"], ["a", "c"]),
        ("multiple", ["\x00"], None),
        ("scale", ["0"], 0),
        ("scale", ["10"], 10),
        ("scale", ["11"], None),
        ("scale", ["five"], None),
        ("text", [" half a sen"], "half a sen"),
        ("text", ["a\x00\ud800\r\nb"], "a\nb"),
        ("text", ["x" * 20_000], "x" * KEPT_TEXT_LIMIT),
        ("text", [" \n"], None),
        ("text", [], None),
    ],
)
def test_what_a_form_says_is_taken_leniently(kind, raw, value):
    choices = "abc" if kind in ("single", "multiple") else ()
    assert filled_in(question("q", kind, choices), raw) == value


def keep(invitation, values, *, screen=1, now=NOW, language="en"):
    asked = questionnaire_of(invitation.survey_version).on_screen(screen)
    return keep_unsent(
        invitation=invitation, questions=asked, values=values, language=language, now=now
    )


def send(invitation, answers, *, screen=1, now=NOW):
    return save_screen(
        invitation=invitation, screen=screen, answers=answers, displayed={}, language="en", now=now
    )


@pytest.mark.django_db
class TestKeeping:
    def test_it_is_no_submission(self):
        told = []
        response_submitted.connect(lambda **news: told.append(news), weak=False, dispatch_uid="t")
        try:
            invitation = InvitationFactory()
            response = keep(invitation, {"reason": ["price"]}, language="zh-hans")
        finally:
            response_submitted.disconnect(dispatch_uid="t")
        assert told == []
        assert (response.submitted_at, response.completed_at) == (None, None)
        assert (response.unsent, response.unsent_at) == ({"reason": ["price"]}, NOW)
        assert response.language == "zh-hans"
        assert not Response.objects.submitted().exists()
        assert not Answer.objects.exists()
        invitation.cancellation.refresh_from_db()
        assert invitation.cancellation.content_version == 1

    def test_the_last_state_of_a_screen_counts_and_others_stay(self):
        invitation = InvitationFactory()
        keep(invitation, {"reason": ["other"], "reason_text": "It"})
        keep(invitation, {"comment": "Bye"}, screen=2)
        response = keep(invitation, {"reason": ["other"]}, now=LATER)
        assert response.unsent == {"reason": ["other"], "comment": "Bye"}
        assert response.unsent_at == LATER
        assert Response.objects.count() == 1

    def test_the_same_again_is_not_written(self):
        invitation = InvitationFactory()
        keep(invitation, {"reason": ["price"]})
        response = keep(invitation, {"reason": ["price"]}, now=LATER)
        assert response.unsent_at == NOW

    def test_only_what_differs_from_the_answer_is_kept(self):
        invitation = InvitationFactory()
        send(invitation, {"reason": "other", "reason_text": "Sent"})
        same = {"reason": ["other"], "reason_text": "Sent"}
        assert keep(invitation, same).unsent == {}
        response = keep(invitation, same | {"reason_text": "Sent, and more"})
        assert response.unsent == {"reason_text": "Sent, and more"}
        # Emptied counts as a difference too.
        assert keep(invitation, {"reason": ["other"]}).unsent == {"reason_text": None}
        response = keep(invitation, same)
        assert (response.unsent, response.unsent_at) == ({}, None)
        assert response.language == "en"

    def test_sending_a_screen_clears_it_and_no_other(self):
        invitation = InvitationFactory()
        keep(invitation, {"reason": ["price"]})
        keep(invitation, {"comment": "Bye"}, screen=2)
        response = send(invitation, {"reason": "price"})
        assert (response.unsent, response.unsent_at) == ({"comment": "Bye"}, NOW)
        assert response.submitted_at == NOW
        assert Response.objects.count() == 1
        response = send(invitation, {}, screen=2)
        assert (response.unsent, response.unsent_at) == ({}, None)

    def test_sending_the_same_answers_again_clears_what_was_kept(self):
        invitation = InvitationFactory()
        send(invitation, {"reason": "price"})
        keep(invitation, {"reason": ["unused"]})
        response = send(invitation, {"reason": "price"}, now=LATER)
        response.refresh_from_db()
        assert (response.unsent, response.revision) == ({}, 1)

    def test_what_began_unsent_started_then(self):
        invitation = InvitationFactory()
        keep(invitation, {"reason": ["price"]})
        assert send(invitation, {"reason": "price"}, now=LATER).started_at == NOW


@pytest.mark.django_db(transaction=True)
def test_keeping_and_sending_at_once_make_one_response():
    invitation = InvitationFactory()
    start, failures = threading.Barrier(20), []

    def act(number):
        try:
            start.wait(timeout=30)
            if number % 2:
                keep(invitation, {"reason": ["price"]}, now=timezone.now())
            else:
                send(invitation, {"reason": "price"}, now=timezone.now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    response = Response.objects.get()
    assert response.submitted_at is not None
    assert (response.unsent, response.revision) == ({}, 1)
    assert response.answers.count() == 1


@pytest.mark.django_db
class TestErasing:
    """What was never sent was written by somebody too."""

    def test_it_goes_with_the_words(self):
        invitation = InvitationFactory()
        keep(invitation, {"reason": ["other"], "reason_text": "My name is Grete"})
        done = erase_customer(external_id=invitation.customer.external_id)
        response = Response.objects.get()
        assert (response.unsent, response.unsent_at) == ({}, None)
        assert done.counts["unsent_answers"] == 1

    def test_of_one_person_at_a_customer_what_others_filled_in_stays(self):
        invitation = InvitationFactory()
        colleague = InvitationFactory(
            cancellation=CancellationFactory(subscription=invitation.cancellation.subscription),
            contact=ContactFactory(customer=invitation.customer, is_primary=False),
        )
        for each in (invitation, colleague):
            keep(each, {"reason": ["price"]})
        erase_address(email=invitation.contact.email)
        assert Response.objects.get(invitation=invitation).unsent == {}
        assert Response.objects.get(invitation=colleague).unsent == {"reason": ["price"]}

    def test_a_survey_begun_on_the_cancel_page_is_taken_back(self):
        invitation = InvitationFactory(for_intent=True)
        keep(invitation, {"reason": ["price"]})
        erase_customer(external_id=invitation.customer.external_id)
        invitation.refresh_from_db()
        assert invitation.state == InvitationState.WITHDRAWN
