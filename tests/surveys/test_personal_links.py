import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.models import Cancellation, Customer, Invitation, RoutingRule, Suppression
from surveys.personal_links import ALREADY_MAILED, NO_SURVEY, hand_on, link_rows, sort_out
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
    published_version,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        published_version()
        yield


def cancellation(*, email="", **fields):
    made = CancellationFactory(
        subscription=SubscriptionFactory(ended_on=NOW.date()), **{"requested_at": NOW, **fields}
    )
    if email != "none":
        ContactFactory(customer=made.customer, **({"email": email} if email else {}))
    return made


def sorted_out():
    found = sort_out(Cancellation.objects.all(), now=NOW)
    return len(found.ready), dict(found.left_out)


def suppressed():
    Suppression.objects.add_address("stop@example.com", "unsubscribed")
    return cancellation(email="Stop@example.com")


def erased():
    made = cancellation()
    Customer.objects.filter(pk=made.customer_id).update(erased_at=NOW)


def mailed():
    InvitationFactory(cancellation=cancellation(), state="sent")


def answered():
    made = cancellation()
    invitation = InvitationFactory(cancellation=made, state="offered", sent_at=None)
    ResponseFactory(invitation=invitation)


def withdrawn():
    InvitationFactory(
        cancellation=cancellation(), state="withdrawn", sent_at=None,
        withheld_because="Withdrawn by hand.",
    )  # fmt: skip


def asked_lately():
    made = cancellation()
    other = CancellationFactory(subscription=SubscriptionFactory(customer=made.customer))
    InvitationFactory(cancellation=other, sent_at=NOW - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("make", "because"),
    [
        (suppressed, gate.SUPPRESSED),
        (erased, gate.ERASED),
        (mailed, ALREADY_MAILED),
        (answered, gate.ANSWERED_BEFORE_MAIL),
        (withdrawn, "Withdrawn by hand."),
        (lambda: cancellation(email="none"), gate.NO_CONTACT),
        (lambda: cancellation(requested_at=NOW - dt.timedelta(days=15)), gate.TOO_OLD),
        (lambda: cancellation(reverted_at=NOW), gate.TAKEN_BACK),
        (lambda: cancellation(kind="administrative"), NO_SURVEY),
    ],
)
def test_who_must_not_be_written_to_is_left_out_and_counted(make, because):
    make()
    assert sorted_out() == (0, {because: 1})


def test_whoever_was_asked_lately_is_left_out(settings):
    settings.INVITATION_QUIET_DAYS = 30
    asked_lately()
    ready, left_out = sorted_out()
    assert ready == 0
    assert left_out == {gate.ASKED_LATELY: 1, ALREADY_MAILED: 1}


def test_one_address_is_written_to_once():
    first, second = cancellation(), cancellation(requested_at=NOW - dt.timedelta(days=1))
    email = first.customer.contacts.get().email
    second.customer.contacts.update(email=email.upper())
    found = sort_out(Cancellation.objects.all(), now=NOW)
    assert found.ready == [first.pk]
    assert dict(found.left_out) == {gate.ASKED_LATELY: 1}


def test_sorting_out_writes_nothing():
    cancellation()
    assert sorted_out()[0] == 1
    assert not Invitation.objects.exists()


def test_our_own_mail_leaves_them_alone():
    made = cancellation()
    waiting = schedule_for_cancellation(made, now=NOW)
    assert waiting is not None
    assert waiting.state == "scheduled"
    done = hand_on(Cancellation.objects.all(), now=NOW)
    assert (done.links, done.cancellations) == ([waiting.pk], [made.pk])
    invitation = Invitation.objects.get()
    assert (invitation.channel, invitation.state) == ("link", "offered")
    assert not Invitation.objects.due(NOW + dt.timedelta(days=9)).exists()


def test_the_same_link_can_be_had_again_until_it_is_answered():
    cancellation()
    once = hand_on(Cancellation.objects.all(), now=NOW)
    again = hand_on(Cancellation.objects.all(), now=NOW)
    assert once.links == again.links
    ResponseFactory(invitation=Invitation.objects.get())
    assert hand_on(Cancellation.objects.all(), now=NOW).links == []


def test_no_survey_no_link():
    RoutingRule.objects.all().delete()
    cancellation()
    assert sorted_out() == (0, {NO_SURVEY: 1})


def test_rows_of_the_file():
    made = cancellation(email="ada@example.com")
    made.customer.contacts.update(name="=HYPERLINK(1)", language="zh-hans")
    done = hand_on(Cancellation.objects.all(), now=NOW)
    head, row = link_rows(done.links)
    invitation = Invitation.objects.get()
    assert dict(zip(head, row, strict=True)) == {
        "customer_id": made.customer.external_id,
        "email": "ada@example.com",
        "name": "=HYPERLINK(1)",  # made safe where the cell is written
        "language": "zh-hans",
        "survey_url": invitation.url,
        "unsubscribe_url": invitation.unsubscribe_url,
        "expires": invitation.expires_at.isoformat(timespec="seconds"),
    }


def test_who_was_erased_meanwhile_is_not_in_the_file():
    cancellation()
    done = hand_on(Cancellation.objects.all(), now=timezone.now())
    Invitation.objects.update(contact=None)
    assert len(list(link_rows(done.links))) == 1
