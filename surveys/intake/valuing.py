"""Gives amounts their worth in the reporting currency once somebody has said the rate."""

from django.db import transaction

from surveys.intake.losses import settle_customers
from surveys.models import Subscription
from surveys.money import in_reporting_currency


@transaction.atomic
def value_what_was_unknown(*, currency: str) -> int:
    """Fill the worth of subscriptions in ``currency`` whose rate was not known; how many.

    Losses and contractions that lacked it are filled too. What has a worth keeps it, whatever
    the rates say today.
    """
    waiting = Subscription.objects.select_for_update().filter(
        currency=currency, mrr__isnull=False, mrr_reporting__isnull=True
    )
    valued = []
    for subscription in waiting:
        worth = in_reporting_currency(subscription.mrr, currency, subscription.started_on)
        if worth is not None:
            subscription.mrr_reporting = worth
            valued.append(subscription)
    Subscription.objects.bulk_update(valued, ["mrr_reporting"], batch_size=500)
    settle_customers([subscription.customer_id for subscription in valued])
    return len(valued)
