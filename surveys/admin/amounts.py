"""How amounts of money stand in lists."""

from decimal import Decimal

from django.utils.formats import number_format


def amount_in_words(amount: Decimal | None, currency: str) -> str:
    """``1,240.00 USD``; a dash where it is not known."""
    if amount is None:
        return "–"
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)} {currency}".strip()
