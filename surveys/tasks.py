"""What the workers are nudged to do. Rows say what there is to do, so each may run twice."""

import time

from celery import shared_task
from django.utils import timezone

from surveys.delivery import reminders, sending
from surveys.intake import losses
from surveys.intake.webhooks import taking_in
from surveys.nudge import Nudge
from surveys.unknown_links import purge_windows

# A worker thread is given back for other work after so long; the next tick goes on.
SECONDS_A_TICK = 10.0


@shared_task
def send_due() -> None:
    """Send the invitations and reminders that are due."""
    began = time.monotonic()
    sending.send_due(seconds=SECONDS_A_TICK)
    if time.monotonic() - began >= SECONDS_A_TICK:
        sending_on.send()  # more is due; whichever worker is free next goes on


sending_on = Nudge(send_due)


@shared_task
def plan_reminders() -> None:
    """Write the reminders whose days are over."""
    reminders.plan_reminders(timezone.now())


@shared_task
def settle_due() -> None:
    """Count the losses whose day has come."""
    losses.settle_due()


@shared_task
def purge_payloads() -> None:
    """Drop what billing systems sent more than 30 days ago, and who asked for unknown links."""
    taking_in.purge_payloads()
    purge_windows(timezone.now())
