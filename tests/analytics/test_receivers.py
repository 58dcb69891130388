import pytest
from django.db import transaction

from analytics import receivers, rollups
from analytics.models import StaleDay
from analytics.tasks import refresh_counts
from reasons.models import Classification, Reason
from reasons.signals import classification_changed
from surveys.intake.accounts import record_customer
from surveys.intake.facts import CustomerFacts
from surveys.models import Cancellation, Loss, Response
from surveys.nudge import Nudge
from surveys.signals import cancellation_changed, losses_changed, response_submitted
from tests.analytics.scenes import date, leaves, lost, pays, says

ASKED, LOST, OTHER = date("2026-03-01"), date("2026-03-31"), date("2026-02-01")


@pytest.fixture
def cancellation(db):
    """Asked for on 1 March, lost on 31 March; nothing is marked any more."""
    cancellation = leaves(pays(since="2025-01-01"), asked=str(ASKED), on=str(LOST))
    StaleDay.objects.all().delete()
    return cancellation


def marked():
    return set(StaleDay.objects.values_list("day", flat=True))


def losses_of_other_days(cancellation):
    losses_changed.send(sender=Loss, days={OTHER})


def losses_of_customers(cancellation):
    losses_changed.send(sender=Loss, days=set(), customer_ids={cancellation.customer_id})


def cancellation_alone(cancellation):
    cancellation_changed.send(sender=Cancellation, cancellation=cancellation)


def classified(cancellation):
    classification_changed.send(sender=Classification, cancellation_ids=[cancellation.pk])


def first_answer(cancellation):
    response = Response(cancellation=cancellation, revision=1)
    response_submitted.send(sender=Response, response=response)


def later_answer(cancellation):
    response = Response(cancellation=cancellation, revision=2)
    response_submitted.send(sender=Response, response=response)


def answer_to_an_intent(cancellation):
    response_submitted.send(sender=Response, response=Response(cancellation=None))


def moved_to_another_day(cancellation):
    cancellation.requested_at = cancellation.requested_at.replace(month=2)
    cancellation.save()


def saved_unmoved(cancellation):
    cancellation.save()


def saved_in_part(cancellation):
    cancellation.save(update_fields=["provider_comment"])


def deleted(cancellation):
    cancellation.delete()


def loss_deleted(cancellation):
    cancellation.loss.delete()


def called_a_test(cancellation):
    cancellation.customer.is_test = True
    cancellation.customer.save()


def subscription_repriced(cancellation):
    cancellation.subscription.mrr_reporting = 1
    cancellation.subscription.save()


def subscription_saved_in_part(cancellation):
    cancellation.subscription.save(update_fields=["settled"])


def new_customer(cancellation):
    record_customer(facts=CustomerFacts(external_id="brand new"))


@pytest.mark.parametrize(
    ("happens", "days"),
    [
        (losses_of_other_days, {OTHER}),
        (losses_of_customers, {ASKED, LOST}),
        (cancellation_alone, {ASKED, LOST}),
        (classified, {ASKED, LOST}),
        (first_answer, {ASKED, LOST}),
        (later_answer, set()),
        (answer_to_an_intent, set()),
        (moved_to_another_day, {ASKED}),
        (saved_unmoved, set()),
        (saved_in_part, set()),
        (deleted, {ASKED, LOST}),
        (loss_deleted, {ASKED, LOST}),
        (called_a_test, {ASKED, LOST}),
        (subscription_repriced, {ASKED, LOST}),
        (subscription_saved_in_part, set()),
        (new_customer, set()),
    ],
)
def test_what_marks_which_days(happens, days, cancellation):
    happens(cancellation)
    assert marked() == days


@pytest.mark.django_db
def test_a_loss_marks_its_day_and_the_day_of_the_request():
    leaves(pays(since="2025-01-01"), asked=str(ASKED), on=str(LOST))
    assert marked() >= {ASKED, LOST}


def test_many_cancellations_are_marked_in_few_queries(cancellation, django_assert_max_num_queries):
    more = [lost(on=f"2026-01-{day:02}").pk for day in range(1, 13)]
    StaleDay.objects.all().delete()
    with django_assert_max_num_queries(4):
        classification_changed.send(sender=Classification, cancellation_ids=more)
    assert len(marked()) == 12


def test_marks_go_with_the_change_that_is_rolled_back(transactional_db):
    cancellation = lost(on="2026-03-31")
    StaleDay.objects.all().delete()

    def change_and_fail():
        with transaction.atomic():
            says(cancellation, "need_ended")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert marked() == set()


@pytest.mark.parametrize("changed", ["category", "avoidable"])
def test_a_reason_that_counts_otherwise_marks_the_days_it_was_counted_on(changed, cancellation):
    says(cancellation, "need_ended")
    rollups.refresh()
    reason = Reason.objects.get(code="need_ended")
    setattr(reason, changed, {"category": "required_outcome", "avoidable": "yes"}[changed])
    reason.save()
    assert marked() == {ASKED, LOST}


# The nudge


def test_a_worker_is_told_once_committed(
    cancellation, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    counting = Nudge(refresh_counts)
    monkeypatch.setattr(receivers, "counting", counting)
    monkeypatch.setattr(refresh_counts, "apply_async", lambda **kwargs: sent.append(kwargs))
    with django_capture_on_commit_callbacks() as callbacks:
        says(cancellation, "need_ended")
    assert sent == []
    for callback in callbacks:
        if getattr(callback, "__self__", None) is counting:
            callback().join(5)
            break
    assert sent == [{"expires": 60}]


@pytest.mark.django_db
def test_the_task_brings_the_counts_up_to_date_and_may_run_twice():
    lost(on="2026-03-31")
    refresh_counts()
    refresh_counts()
    assert marked() == set()
    assert rollups.as_of() is not None


def test_receivers_ask_for_a_nudge_whenever_they_mark(monkeypatch, cancellation):
    asked = []
    monkeypatch.setattr(receivers.counting, "after_commit", lambda: asked.append(1))
    cancellation_alone(cancellation)
    later_answer(cancellation)
    assert len(asked) == 1
