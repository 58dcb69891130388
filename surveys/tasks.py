"""What the workers are nudged to do. Rows say what there is to do, so each may run twice."""

from celery import shared_task

from surveys.delivery import sending
from surveys.intake import losses
from surveys.intake.webhooks import taking_in

# A worker thread is given back for other work after so long; the next tick goes on.
SECONDS_A_TICK = 10.0


@shared_task
def send_due() -> None:
    """Send the invitations that are due."""
    sending.send_due(seconds=SECONDS_A_TICK)


@shared_task
def settle_due() -> None:
    """Count the losses whose day has come."""
    losses.settle_due()


@shared_task
def purge_payloads() -> None:
    """Drop what billing systems sent more than 30 days ago."""
    taking_in.purge_payloads()
