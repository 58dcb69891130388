"""The workers' part of the figures. Any task may run twice, or at the same time as another."""

from celery import shared_task

from analytics import rollups


@shared_task
def refresh_counts() -> None:
    """Rebuild the days whose counts are stale; by the ticker, and as soon as something changed."""
    rollups.refresh()
