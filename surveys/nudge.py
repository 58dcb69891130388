"""Tells a worker that rows are waiting, without anybody waiting for the broker.

The ticker finds such rows within seconds; a nudge only makes it sooner. So it is sent from a
thread of its own, at most one a second from each process, and lost without harm. Measured:
publishing to an address where nobody listens takes 6 s with Redis, far more than a respondent
may be kept waiting.
"""

import logging
import threading
import time

from celery import Task
from django.db import transaction

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
# A broker that is away stays so for a while; asking it each time would only fill the log.
PAUSE_AFTER_FAILURE_SECONDS = 30.0
# A message that has waited longer says nothing that the ticker has not found.
EXPIRES_SECONDS = 60


class Nudge:
    """One message at a time to run ``task``, which takes no arguments."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._sending = threading.Lock()
        self._not_before = 0.0

    def after_commit(self) -> None:
        """Once this transaction is committed, if it is."""
        transaction.on_commit(self.send, robust=True)

    def send(self) -> threading.Thread | None:
        """Returns at once and never raises: the thread that sends, None where one has just."""
        if time.monotonic() < self._not_before or not self._sending.acquire(blocking=False):
            return None
        thread = threading.Thread(
            target=self._publish, name=f"nudge {self._task.name}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the process is ending: the ticker will do it
            self._sending.release()
            return None
        return thread

    def _publish(self) -> None:
        pause = PAUSE_SECONDS
        try:
            self._task.apply_async(expires=EXPIRES_SECONDS)
        except Exception as error:
            pause = PAUSE_AFTER_FAILURE_SECONDS
            # The error's text may hold the broker's address with its password.
            logger.warning("The broker is away (%s); the ticker will do it.", type(error).__name__)
        finally:
            self._not_before = time.monotonic() + pause
            self._sending.release()
