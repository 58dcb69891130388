"""Mails in the states that the tests of delivery begin with."""

import datetime as dt
import threading

from django.db import connection
from django.utils import timezone

from surveys.models import Customer, Invitation, InvitationState, Reminder
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    InvitationFactory,
    SubscriptionFactory,
)

ANN = "ann@mail.localhost"


def cancelled(*, email=ANN, requested_at=None, customer=None, **facts):
    """A cancellation of a customer with this contact, an hour and more ago."""
    customer = customer or CustomerFactory(**facts)
    if email and not customer.contacts.exists():
        ContactFactory(customer=customer, email=email)
    return CancellationFactory(
        subscription=SubscriptionFactory(customer=customer),
        requested_at=requested_at or timezone.now() - dt.timedelta(hours=2),
    )


def invited(*, email=ANN, state=InvitationState.SCHEDULED, requested_at=None, **facts):
    """An invitation in this state; due, where it is scheduled."""
    sent = state == InvitationState.SENT
    about = cancelled(email=email, requested_at=requested_at)
    return InvitationFactory(
        **{
            "cancellation": about,
            "state": state,
            "sent_at": timezone.now() if sent else None,
            "not_before": timezone.now() - dt.timedelta(minutes=1),
            **facts,
        }
    )


def sent_days_ago(days, *, now, email=ANN, **facts):
    """Sent so many days before ``now``, and asked for two hours before that."""
    sent_at = now - dt.timedelta(days=days)
    return invited(
        email=email,
        state=InvitationState.SENT,
        requested_at=sent_at - dt.timedelta(hours=2),
        **{"not_before": sent_at, "sent_at": sent_at, **facts},
    )


def reminded(invitation, *, step=1, state=InvitationState.SCHEDULED, **facts):
    facts = {"not_before": timezone.now() - dt.timedelta(minutes=1), **facts}
    return Reminder.objects.create(invitation=invitation, step=step, state=state, **facts)


def after(row):
    row.refresh_from_db()
    return row


def states_of(model=Invitation, **which):
    return list(model.objects.filter(**which).order_by("pk").values_list("state", flat=True))


def of_zone(name):
    Customer.objects.update(time_zone=name)


def at_once(work, times):
    """``work(number)`` in so many threads that begin together; raises what one of them raised."""
    ready, errors = threading.Barrier(times), []

    def run(number):
        try:
            ready.wait(timeout=30)
            work(number)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]
