"""What this room holds about a person: spans of words that are gone, and models that read them."""

import logging

from django.db import transaction
from django.db.models import Q

from reasons.model_store import forget_models_that_read, train_where_missing
from reasons.models import Classification
from surveys.models import Customer

logger = logging.getLogger(__name__)


@transaction.atomic
def erase_from_reasons(customer: Customer) -> dict[str, int]:
    """Called once the words are blanked. Reasons stay, so that counts do.

    Evidence that points into blanked words is cleared. Models that learned from a correction of
    this customer's words are deleted, and after the commit a new one is trained without them.
    """
    evidence = (
        Classification.objects.filter(cancellation__customer=customer)
        .filter(Q(answer__text="") | Q(answer__isnull=True, cancellation__provider_comment=""))
        .exclude(evidence_start=None)
        .update(evidence_start=None, evidence_end=None)
    )
    models = forget_models_that_read(customer.cancellations.values_list("pk", flat=True))
    if models:
        transaction.on_commit(train_where_missing)
    return {"evidence": evidence, "models": models}
