"""An address is not written to any more, and what waits for it does not go."""

from django.db import transaction

from surveys.delivery.scheduling import withdraw_pending_to
from surveys.models import Suppression
from surveys.models.invitations import SuppressionReason


@transaction.atomic
def suppress_address(*, email: str, reason: SuppressionReason, because: str) -> int:
    """Suppress ``email``, whatever customers it belongs to; may be called again.

    Returns how many mails that were waiting for it were withdrawn, ``because`` in words.
    """
    Suppression.objects.add_address(email, reason)
    return withdraw_pending_to(email, because=because)
