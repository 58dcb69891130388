"""Who is reminded, when, how often, and who is not."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from surveys.delivery import gate
from surveys.delivery.bounces import record_event
from surveys.delivery.reminders import plan_reminders
from surveys.delivery.scheduling import withdraw_pending, withdraw_pending_to
from surveys.delivery.sending import send_due
from surveys.delivery.unsubscribing import unsubscribe
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.recording import record_reactivation
from surveys.models import (
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Suppression,
    Survey,
)
from surveys.privacy import erase_address, erase_customer
from surveys.tasks import plan_reminders as plan_reminders_task
from tests.factories.surveys import InvitationFactory, ResponseFactory
from tests.surveys.delivery.mails import (
    ANN,
    after,
    at_once,
    invited,
    of_zone,
    reminded,
    sent_days_ago,
    states_of,
)

State = InvitationState
NOW = dt.datetime(2026, 6, 10, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def reminding(*days, **options):
    Survey.objects.update(reminder_days=list(days), **options)


def sent(reminder, *, days_ago, now=NOW, **facts):
    facts = {"state": State.SENT, "sent_at": now - days_ago * DAY, **facts}
    Reminder.objects.filter(pk=reminder.pk).update(**facts)


@pytest.mark.parametrize(
    ("days_ago", "planned"), [(2.99, 0), (3, 1), (3.5, 1), (13.8, 1), (13.95, 0)]
)
def test_when_its_days_are_over_and_not_when_all_is_too_old(days_ago, planned):
    invitation = sent_days_ago(days_ago, now=NOW)
    reminding(3)

    assert plan_reminders(NOW) == planned
    assert [(each.step, each.state, each.not_before) for each in invitation.reminders.all()] == [
        (1, State.SCHEDULED, NOW)
    ] * planned


def test_never_more_than_the_survey_lists(sink):
    invitation = sent_days_ago(0, now=NOW)
    reminding(1, 2, 3)
    steps = {}
    for day in range(1, 20):
        now = NOW + day * DAY
        plan_reminders(now)
        for reminder in Reminder.objects.filter(state=State.SCHEDULED):
            steps[reminder.step] = day
            sent(reminder, days_ago=0, now=now)

    assert steps == {1: 1, 2: 3, 3: 6}
    assert invitation.reminders.count() == 3


def test_the_next_step_counts_from_the_mail_before_it():
    invitation = sent_days_ago(9, now=NOW)
    reminding(2, 4)
    first = reminded(invitation)
    sent(first, days_ago=3.9)

    assert plan_reminders(NOW) == 0
    sent(first, days_ago=4)
    assert plan_reminders(NOW) == 1
    assert [each.step for each in invitation.reminders.all()] == [1, 2]


@pytest.mark.parametrize(
    "facts",
    [
        {"state": State.FAILED, "sent_at": None},
        {"state": State.UNCERTAIN, "sent_at": None},
        {"state": State.WITHDRAWN, "sent_at": None},
        {"bounced_at": NOW},
    ],
)
def test_after_a_reminder_that_did_not_arrive_comes_none(facts):
    invitation = sent_days_ago(9, now=NOW)
    reminding(2, 4)
    sent(reminded(invitation), days_ago=5, **facts)

    assert plan_reminders(NOW) == 0


def _answered(invitation):
    ResponseFactory(invitation=invitation)


def _answered_elsewhere(invitation):
    ResponseFactory(
        invitation=InvitationFactory(for_intent=True), cancellation=invitation.cancellation
    )


def _changed(**facts):
    def arrange(invitation):
        Invitation.objects.filter(pk=invitation.pk).update(**facts)

    return arrange


def _taken_back(invitation):
    invitation.cancellation.reverted_at = NOW
    invitation.cancellation.save()


def _archived(invitation):
    Survey.objects.update(is_archived=True)


def _suppressed(invitation):
    Suppression.objects.add_address(ANN.upper(), "complained")


def _erased(invitation):
    erase_customer(external_id=invitation.customer.external_id)


@pytest.mark.parametrize(
    "arrange",
    [
        _answered, _answered_elsewhere, _taken_back, _archived, _suppressed, _erased,
        _changed(bounced_at=NOW), _changed(expires_at=NOW), _changed(contact=None),
        _changed(state=State.UNCERTAIN, sent_at=None), _changed(state=State.FAILED, sent_at=None),
        _changed(state=State.OFFERED, sent_at=None), _changed(channel=InvitationChannel.LINK),
    ],
    ids=[
        "answered", "answered on the cancel page", "taken back", "survey archived", "suppressed",
        "erased", "bounced", "expired", "no contact", "uncertain", "failed", "offered", "link",
    ],
)  # fmt: skip
def test_who_is_not_reminded(arrange):
    invitation = sent_days_ago(4, now=NOW)
    reminding(3)
    arrange(invitation)

    assert plan_reminders(NOW) == 0
    assert not Reminder.objects.exists()


def test_what_was_begun_and_never_sent_is_reminded_of():
    invitation = sent_days_ago(4, now=NOW)
    reminding(3)
    ResponseFactory(invitation=invitation, submitted_at=None, started_at=NOW)

    assert plan_reminders(NOW) == 1


def test_no_reminders_where_the_survey_lists_none():
    sent_days_ago(4, now=NOW)
    reminding()

    assert plan_reminders(NOW) == 0


def test_due_in_the_sending_window_where_the_customer_is():
    invitation = sent_days_ago(4, now=NOW)
    reminding(3, window_from="09:00", window_until="17:00")
    of_zone("Asia/Tokyo")  # where it is nine in the evening

    plan_reminders(NOW)

    assert invitation.reminders.get().not_before == dt.datetime(2026, 6, 11, 0, 0, tzinfo=dt.UTC)


def test_none_where_the_window_would_only_open_when_it_is_too_old():
    sent_days_ago(13.8, now=NOW)
    reminding(3, window_from="09:00", window_until="10:00")

    assert plan_reminders(NOW) == 0
    assert not Reminder.objects.exists()


def test_through_the_ticker_it_is_sent_once(sink):
    invitation = sent_days_ago(4, now=timezone.now())
    reminding(3)
    for _ in range(3):
        plan_reminders(timezone.now())
        send_due()

    (message,) = sink.received
    assert message["To"] == ANN
    assert after(invitation.reminders.get()).state == State.SENT
    assert states_of() == [State.SENT]


def test_the_ticker_plans(settings):
    sent_days_ago(4, now=timezone.now())
    reminding(3)

    plan_reminders_task()

    assert states_of(Reminder) == [State.SCHEDULED]
    planned = "surveys.tasks.plan_reminders"
    assert planned in {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}


def test_one_pass_of_the_command_plans_and_sends(sink):
    sent_days_ago(4, now=timezone.now())
    reminding(3)

    call_command("send_due")

    assert states_of(Reminder) == [State.SENT]


@pytest.mark.django_db(transaction=True)
def test_two_tickers_and_eight_workers_make_one_of_each(sink):
    now = timezone.now()
    for number in range(12):
        sent_days_ago(4, now=now, email=f"p{number}@mail.localhost")
    reminding(3)

    def work(_):
        plan_reminders(now)
        send_due()

    at_once(work, 8)

    assert sorted(message["To"] for message in sink.received) == sorted(
        f"p{number}@mail.localhost" for number in range(12)
    )
    assert states_of(Reminder) == [State.SENT] * 12


def _unsubscribe(invitation):
    unsubscribe(invitation=invitation)


def _reactivate(invitation):
    about = invitation.cancellation
    record_reactivation(
        source=about.source,
        external_id=about.external_id,
        state_at=timezone.now(),
        customer=CustomerFacts(external_id=about.customer.external_id),
        subscription=SubscriptionFacts(external_id=about.subscription.external_id),
    )


def _erase_customer(invitation):
    erase_customer(external_id=invitation.customer.external_id)


def _erase_address(invitation):
    erase_address(email=ANN)


def _bounce(invitation):
    from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

    event = AnymailTrackingEvent(
        event_type=EventType.BOUNCED, reject_reason=RejectReason.BOUNCED, recipient=ANN
    )
    record_event(event, now=timezone.now())


def _answer(invitation):
    ResponseFactory(invitation=invitation)
    plan_reminders(timezone.now())


@pytest.mark.parametrize(
    ("what_happens", "because"),
    [
        (_unsubscribe, gate.UNSUBSCRIBED),
        (_reactivate, gate.TAKEN_BACK),
        (_erase_customer, gate.ERASED),
        (_erase_address, gate.ERASED),
        (_bounce, gate.RETURNED),
        (_answer, gate.ANSWERED),
    ],
)
def test_what_withdraws_a_reminder_that_waits(what_happens, because):
    invitation = sent_days_ago(4, now=timezone.now())
    reminder = reminded(invitation, last_error="450 [address] is busy")
    bystander = reminded(sent_days_ago(4, now=timezone.now(), email="bob@mail.localhost"))

    what_happens(invitation)

    assert (after(reminder).state, reminder.withheld_because) == (State.WITHDRAWN, because)
    assert after(bystander).state == State.SCHEDULED
    if because == gate.ERASED:
        assert reminder.last_error == ""


@pytest.mark.parametrize(
    ("state", "handed_over_at", "withdrawn"),
    [
        (State.SCHEDULED, None, 1),
        (State.SENDING, None, 1),
        (State.SENDING, NOW, 0),
        (State.UNCERTAIN, NOW, 0),
        (State.FAILED, None, 0),
    ],
)
def test_withdrawing_covers_both_tables_but_not_what_a_server_has(state, handed_over_at, withdrawn):
    invitation = sent_days_ago(4, now=timezone.now())
    for step in (1, 2):
        reminded(invitation, step=step, state=state, handed_over_at=handed_over_at)
    waiting = invited()

    assert withdraw_pending(invitation.cancellation, because="x") == 2 * withdrawn
    Reminder.objects.update(state=state)
    assert withdraw_pending_to(ANN.upper(), because="x") == 2 * withdrawn + 1
    assert after(waiting).state == State.WITHDRAWN


def test_queries_do_not_grow_with_the_rows(django_assert_num_queries):
    for number in range(6):
        sent_days_ago(4, now=NOW, email=f"p{number}@mail.localhost")
    reminding(3)
    # What was answered, surveys, whom to remind and their rows, suppressed, the reminders; and
    # that nobody is left.
    with django_assert_num_queries(7):
        assert plan_reminders(NOW) == 6
    with django_assert_num_queries(3):
        assert plan_reminders(NOW) == 0
