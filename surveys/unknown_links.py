"""Who asks for links that do not exist, counted in windows of ten minutes.

In the database, so that the limit is one whatever number of processes and machines answers.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from surveys.models import UnknownLinkCount

WINDOW = dt.timedelta(minutes=10)
UNKNOWN_LINKS_ALLOWED = 60  # in a window; a person mistypes a few


def count_unknown_link(address: str, now: dt.datetime) -> int:
    """Count one more request from ``address``; how many there were in this window.

    Beyond the limit nothing is written any more: guessing must not cost the database much.
    """
    digest = salted_hmac("surveys.unknown_links", address, algorithm="sha256").hexdigest()
    window = {"digest": digest, "window_start": _window_start(now)}
    rows = UnknownLinkCount.objects.filter(**window)
    known = rows.values_list("count", flat=True).first()
    if known is not None and known > UNKNOWN_LINKS_ALLOWED:
        return known + 1
    with transaction.atomic():
        if known is None:
            UnknownLinkCount.objects.bulk_create(
                [UnknownLinkCount(**window)], ignore_conflicts=True
            )
        rows.update(count=F("count") + 1)
    return (known or 0) + 1


def window_end(now: dt.datetime) -> dt.datetime:
    return _window_start(now) + WINDOW


def purge_windows(now: dt.datetime) -> int:
    """Forget the windows that are over; how many."""
    deleted, _ = UnknownLinkCount.objects.filter(window_start__lt=_window_start(now)).delete()
    return deleted


def _window_start(now: dt.datetime) -> dt.datetime:
    return now - (now - dt.datetime.min.replace(tzinfo=dt.UTC)) % WINDOW
