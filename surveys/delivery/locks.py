"""Queues in the database: who asks second waits until the first one's transaction has ended.

On PostgreSQL by an advisory lock, which goes with the transaction; on SQLite there is nothing to
do, because transactions begin as IMMEDIATE there (``config.settings``) and one writes at a time.
"""

from django.db import connection

from surveys.models import address_digest

# Any number will do that no address has: those are 60 bits, which leaves the sign free.
HOURLY_CAP = -1


def queue_for_address(email: str) -> None:
    """Wait for every transaction that decides about mail to ``email``. Call in a transaction."""
    _queue(int(address_digest(email)[:15], 16))


def queue_for_hour() -> None:
    """Wait for every transaction that decides how many mails may go. Call in a transaction."""
    _queue(HOURLY_CAP)


def _queue(number: int) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
