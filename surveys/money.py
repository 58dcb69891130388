"""What an amount is worth in the organisation's reporting currency."""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

from django.conf import settings

from surveys.models import ExchangeRate

CENT = Decimal("0.01")


def rate_on(currency: str, on: dt.date) -> Decimal | None:
    """What one unit of ``currency`` was worth on ``on``; None where nobody said. One query."""
    return (
        ExchangeRate.objects.filter(currency=currency, valid_from__lte=on)
        .order_by("-valid_from")
        .values_list("rate", flat=True)
        .first()
    )


def in_reporting_currency(
    amount: Decimal | None,
    currency: str,
    on: dt.date,
    *,
    rates: Callable[[str, dt.date], Decimal | None] = rate_on,
) -> Decimal | None:
    """``amount`` at the rate valid on ``on``; None (not known) where amount or rate is unknown.

    Who asks for many amounts passes a ``rates`` that remembers.
    """
    if amount is None:
        return None
    if currency == settings.REPORTING_CURRENCY:
        return amount
    rate = rates(currency, on)
    return None if rate is None else (amount * rate).quantize(CENT, ROUND_HALF_EVEN)
