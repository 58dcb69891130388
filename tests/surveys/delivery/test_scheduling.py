import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.scheduling import (
    offer_for_intent,
    schedule_for_cancellation,
    withdraw_pending,
    withdraw_pending_to,
)
from surveys.models import Invitation, InvitationState, Suppression, Survey
from surveys.models.invitations import SuppressionReason
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
    published_version,
)

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
REAL = "ann@mail.localhost"


@pytest.fixture(autouse=True)
def _surveys(db):
    published_version()


def cancelled(*, hours_ago=0.0, email=REAL, contact_language="", customer=None, **facts):
    customer = customer or CustomerFactory()
    if email and not customer.contacts.exists():
        ContactFactory(customer=customer, email=email, language=contact_language)
    return CancellationFactory(
        subscription=SubscriptionFactory(customer=customer),
        requested_at=NOW - dt.timedelta(hours=hours_ago),
        **facts,
    )


@pytest.mark.parametrize(
    ("hours_ago", "minutes_from_now"), [(0, 60), (0.5, 30), (1, 0), (5, 0), (14 * 24, 0)]
)
def test_due_an_hour_after_the_request_but_not_before_now(hours_ago, minutes_from_now):
    invitation = schedule_for_cancellation(cancelled(hours_ago=hours_ago), now=NOW)

    assert invitation.state == InvitationState.SCHEDULED
    assert invitation.not_before == NOW + dt.timedelta(minutes=minutes_from_now)
    assert invitation.expires_at == invitation.not_before + dt.timedelta(days=30)
    assert invitation.contact.email == REAL
    assert invitation.survey.key == "exit"


@pytest.mark.parametrize(
    ("contact", "customer", "expected"),
    [
        ("zh-hans", "en", "zh-hans"),
        ("", "zh-CN", "zh-hans"),
        ("zh", "", "zh-hans"),
        ("xx", "zh-hans", "zh-hans"),
        ("xx", "yy", "en"),
        ("", "", ""),
        ("en-GB", "zh-hans", "en"),
    ],
)
def test_language_is_the_contacts_else_the_customers_else_nothing(contact, customer, expected):
    cancellation = cancelled(contact_language=contact, customer=CustomerFactory(language=customer))

    assert schedule_for_cancellation(cancellation, now=NOW).language == expected


def _suppressed(cancellation):
    Suppression.objects.add_address(REAL.upper(), SuppressionReason.UNSUBSCRIBED)


def _erased(cancellation):
    cancellation.customer.erased_at = NOW


def _example_address_over_smtp(cancellation):
    cancellation.customer.contacts.update(email="ann@mail.example.org")


def _no_contact(cancellation):
    cancellation.customer.contacts.all().delete()


def _taken_back(cancellation):
    cancellation.reverted_at = NOW


def _fifteen_days_ago(cancellation):
    cancellation.requested_at = NOW - dt.timedelta(days=14, seconds=1)


@pytest.mark.parametrize(
    ("arrange", "because", "state"),
    [
        (_no_contact, gate.NO_CONTACT, InvitationState.WITHHELD),
        (_suppressed, gate.SUPPRESSED, InvitationState.WITHHELD),
        (_fifteen_days_ago, gate.TOO_OLD, InvitationState.WITHHELD),
        (_erased, gate.ERASED, InvitationState.WITHHELD),
        (_taken_back, gate.TAKEN_BACK, InvitationState.WITHDRAWN),
        (_example_address_over_smtp, gate.EXAMPLE_ADDRESS, InvitationState.WITHHELD),
    ],
)
def test_what_must_not_be_mailed_is_written_with_its_reason(settings, arrange, because, state):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    cancellation = cancelled()
    arrange(cancellation)

    invitation = schedule_for_cancellation(cancellation, now=NOW)

    assert (invitation.state, invitation.withheld_because) == (state, because)
    assert not Invitation.objects.due(NOW + dt.timedelta(days=1)).exists()


@pytest.mark.parametrize("kind", ["administrative", "involuntary"])
def test_no_row_where_no_survey_fits(kind):
    assert schedule_for_cancellation(cancelled(kind=kind), now=NOW) is None
    assert not Invitation.objects.exists()


def test_none_when_the_intent_was_answered():
    customer = CustomerFactory()
    intent = IntentFactory(subscription=SubscriptionFactory(customer=customer))
    ResponseFactory(invitation=InvitationFactory(for_intent=True, intent=intent))

    assert schedule_for_cancellation(cancelled(customer=customer, intent=intent), now=NOW) is None


def test_scheduled_all_the_same_when_the_intent_was_left_unanswered():
    customer = CustomerFactory()
    intent = IntentFactory(subscription=SubscriptionFactory(customer=customer))
    InvitationFactory(for_intent=True, intent=intent)

    invitation = schedule_for_cancellation(cancelled(customer=customer, intent=intent), now=NOW)

    assert invitation.state == InvitationState.SCHEDULED


def test_an_answer_on_the_cancel_page_stops_the_mail_that_was_scheduled():
    customer = CustomerFactory()
    intent = IntentFactory(subscription=SubscriptionFactory(customer=customer))
    offered = InvitationFactory(for_intent=True, intent=intent)
    cancellation = cancelled(customer=customer, intent=intent)
    scheduled = schedule_for_cancellation(cancellation, now=NOW)
    ResponseFactory(invitation=offered)

    assert schedule_for_cancellation(cancellation, now=NOW) is None
    scheduled.refresh_from_db()
    assert scheduled.state == InvitationState.WITHDRAWN
    assert scheduled.withheld_because == gate.ANSWERED_CANCELLING


def test_again_changes_nothing():
    cancellation = cancelled()
    first = schedule_for_cancellation(cancellation, now=NOW)

    again = schedule_for_cancellation(cancellation, now=NOW + dt.timedelta(hours=3))

    assert (again.pk, again.token, again.not_before) == (first.pk, first.token, first.not_before)
    assert Invitation.objects.count() == 1


def test_after_the_answer_the_same_invitation_is_returned():
    cancellation = cancelled()
    invitation = schedule_for_cancellation(cancellation, now=NOW)
    Invitation.objects.update(state=InvitationState.SENT, sent_at=NOW)
    ResponseFactory(invitation=invitation)

    assert schedule_for_cancellation(cancellation, now=NOW).pk == invitation.pk


def test_a_contact_that_becomes_known_later_is_written_to():
    cancellation = cancelled(email="")
    withheld = schedule_for_cancellation(cancellation, now=NOW)
    ContactFactory(customer=cancellation.customer, email=REAL, language="zh-hans")

    invitation = schedule_for_cancellation(cancellation, now=NOW + dt.timedelta(hours=2))

    assert invitation.pk == withheld.pk
    assert invitation.state == InvitationState.SCHEDULED
    assert invitation.withheld_because == ""
    assert invitation.contact.email == REAL
    assert invitation.language == "zh-hans"


@pytest.mark.parametrize(
    ("because", "state"),
    [
        (gate.TAKEN_BACK, InvitationState.SCHEDULED),
        (gate.UNSUBSCRIBED, InvitationState.WITHDRAWN),
        ("By hand.", InvitationState.WITHDRAWN),
    ],
)
def test_cancelled_again_after_it_was_taken_back(because, state):
    cancellation = cancelled()
    schedule_for_cancellation(cancellation, now=NOW)
    assert withdraw_pending(cancellation, because=because) == 1

    invitation = schedule_for_cancellation(cancellation, now=NOW + dt.timedelta(days=1))

    assert invitation.state == state


def test_what_was_sent_is_not_sent_again_when_it_is_cancelled_again():
    cancellation = cancelled()
    schedule_for_cancellation(cancellation, now=NOW)
    Invitation.objects.update(state=InvitationState.SENT, sent_at=NOW)
    assert withdraw_pending(cancellation, because=gate.TAKEN_BACK) == 0

    invitation = schedule_for_cancellation(cancellation, now=NOW)

    assert invitation.state == InvitationState.SENT


@pytest.mark.parametrize(
    ("state", "handed_over", "withdrawn"),
    [
        (InvitationState.SCHEDULED, False, 1),
        (InvitationState.SENDING, False, 1),
        (InvitationState.SENDING, True, 0),
        (InvitationState.SENT, False, 0),
        (InvitationState.UNCERTAIN, True, 0),
        (InvitationState.FAILED, False, 0),
    ],
)
def test_pending_is_what_no_mail_server_has_yet(state, handed_over, withdrawn):
    invitation = InvitationFactory(state=state, handed_over_at=NOW if handed_over else None)

    assert withdraw_pending(invitation.cancellation, because=gate.TAKEN_BACK) == withdrawn


def test_withdrawing_by_address_knows_every_spelling_and_every_customer():
    for spelling in ("Ann@Mail.localhost", "ann@mail.localhost", "bob@mail.localhost"):
        contact = ContactFactory(email=spelling)
        InvitationFactory(
            contact=contact,
            cancellation=CancellationFactory(
                subscription=SubscriptionFactory(customer=contact.customer)
            ),
            state=InvitationState.SCHEDULED,
            sent_at=None,
        )

    assert withdraw_pending_to("ANN@mail.localhost ", because=gate.UNSUBSCRIBED) == 2


def test_an_intent_is_offered_its_survey_once_and_needs_no_address():
    intent = IntentFactory()

    offered = offer_for_intent(intent, now=NOW)
    again = offer_for_intent(intent, now=NOW + dt.timedelta(minutes=1))

    assert offered.state == InvitationState.OFFERED
    assert offered.survey.key == "cancellation"
    assert offered.expires_at == NOW + dt.timedelta(days=30)
    assert again.pk == offered.pk
    assert not Invitation.objects.due(timezone.now() + dt.timedelta(days=400)).exists()


def test_queries(django_assert_num_queries):
    cancellation = cancelled()
    queue = 1 if connection.vendor == "postgresql" else 0  # the address's, by a lock
    with django_assert_num_queries(12 + queue):
        schedule_for_cancellation(cancellation, now=NOW)


def survey_says(**options):
    Survey.objects.filter(key="exit").update(**options)


@pytest.mark.parametrize(
    ("options", "zone", "due", "expires_after_days"),
    [
        ({"delay_minutes": 0}, "", "2026-03-10 12:00", 30),
        ({"delay_minutes": 2880, "expires_days": 7}, "", "2026-03-12 12:00", 7),
        # 12:00 UTC and an hour is 22:00 in Tokyo, 09:00 in New York, 13:00 for the organisation.
        ({"window_from": "09:00", "window_until": "17:00"}, "Asia/Tokyo", "2026-03-11 00:00", 30),
        (
            {"window_from": "09:00", "window_until": "17:00"},
            "America/New_York",
            "2026-03-10 13:00",
            30,
        ),
        ({"window_from": "14:00", "window_until": "17:00"}, "", "2026-03-10 14:00", 30),
        ({"window_from": "14:00", "window_until": "17:00"}, "No/Such", "2026-03-10 14:00", 30),
    ],
)
def test_the_surveys_own_delay_window_and_expiry(options, zone, due, expires_after_days):
    survey_says(**options)

    invitation = schedule_for_cancellation(
        cancelled(customer=CustomerFactory(time_zone=zone)), now=NOW
    )

    assert invitation.not_before == dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)
    assert invitation.expires_at == invitation.not_before + dt.timedelta(days=expires_after_days)
    assert invitation.state == InvitationState.SCHEDULED


def test_what_waits_for_no_reason_but_the_window_is_scheduled_again_after_a_withholding():
    survey_says(window_from="14:00", window_until="17:00", delay_minutes=0)
    cancellation = cancelled(email="")
    schedule_for_cancellation(cancellation, now=NOW)
    ContactFactory(customer=cancellation.customer, email=REAL)

    invitation = schedule_for_cancellation(cancellation, now=NOW)

    assert invitation.state == InvitationState.SCHEDULED
    assert invitation.not_before == NOW + dt.timedelta(hours=2)
