"""A person asks us not to write again."""

from django.db import transaction

from surveys.delivery.gate import UNSUBSCRIBED
from surveys.delivery.scheduling import withdraw_pending_to
from surveys.models import Invitation, Suppression
from surveys.models.invitations import SuppressionReason


@transaction.atomic
def unsubscribe(*, invitation: Invitation) -> int:
    """Suppress the invitation's address, whatever customer it belongs to; may be called again.

    Returns how many mails that were waiting for it were withdrawn. An invitation whose contact
    was erased has no address left to write to, and nothing is left to do.
    """
    if invitation.contact is None:
        return 0
    email = invitation.contact.email
    Suppression.objects.add_address(email, SuppressionReason.UNSUBSCRIBED)
    return withdraw_pending_to(email, because=UNSUBSCRIBED)
