"""What workers do for this room. It may run twice: rows say what is left to do."""

from celery import shared_task

from reasons import services


@shared_task
def classify_unread() -> None:
    """Read what has changed since it was read; by the ticker, and as soon as something came."""
    services.classify_unread()
