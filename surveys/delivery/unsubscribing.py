"""A person asks us not to write again."""

from surveys.delivery.gate import UNSUBSCRIBED
from surveys.delivery.suppressing import suppress_address
from surveys.models import Invitation
from surveys.models.invitations import SuppressionReason


def unsubscribe(*, invitation: Invitation) -> int:
    """Suppress the invitation's address, whatever customer it belongs to; may be called again.

    Returns how many mails that were waiting for it were withdrawn. An invitation whose contact
    was erased has no address left to write to, and nothing is left to do.
    """
    if invitation.contact is None:
        return 0
    return suppress_address(
        email=invitation.contact.email,
        reason=SuppressionReason.UNSUBSCRIBED,
        because=UNSUBSCRIBED,
    )
