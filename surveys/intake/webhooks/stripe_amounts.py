"""What a Stripe subscription is worth a month. Pure: knows no database.

Discounts, taxes and one-off invoice items are left out: MRR is what the prices say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from surveys.currencies import CURRENCIES

# https://docs.stripe.com/currencies#zero-decimal. UGX is written with two decimals all the same.
ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"}
    | {"PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
MONTHS_IN = {
    "day": Decimal(12) / Decimal(365),
    "week": Decimal(12) / Decimal(52),
    "month": Decimal(1),
    "year": Decimal(12),
}
CENT = Decimal("0.01")
LARGEST = Decimal("999999999999.99")


@dataclass(frozen=True, slots=True)
class Worth:
    """``mrr`` None: not known. ``plan`` and ``billing_interval`` are of the item worth most."""

    mrr: Decimal | None
    currency: str
    plan: str
    billing_interval: str


def worth(subscription: Mapping[str, Any]) -> Worth:
    """Of every item of ``subscription`` together, in today's shape or in that of 2013."""
    currency = ""
    amounts: list[Decimal | None] = []
    best: tuple[Decimal, str, str] | None = None
    for item in _items(subscription):
        price = _price(item)
        currency = currency or _currency(price, subscription)
        interval, count, usage = _rhythm(price)
        name = _name(item, price)
        if usage == "metered":
            # Billed by use, which no event tells. Beside a fixed price the fixed part is the MRR.
            rank: Decimal = Decimal(-1)
        else:
            amount = _monthly(item, price, currency, interval, count)
            amounts.append(amount)
            rank = amount or Decimal(0)
        if best is None or rank > best[0]:
            best = (rank, name, _billing_interval(interval, count))
    _rank, plan, billing_interval = best or (None, "", "")
    return Worth(_total(subscription, amounts, currency), currency, plan, billing_interval)


def _total(
    subscription: Mapping[str, Any], amounts: list[Decimal | None], currency: str
) -> Decimal | None:
    items = subscription.get("items")
    cut_off = isinstance(items, Mapping) and items.get("has_more")
    if not amounts or None in amounts or not currency or cut_off:
        return None
    total = sum((each for each in amounts if each is not None), Decimal(0))
    if not 0 <= total <= LARGEST:
        return None
    return total.quantize(CENT, ROUND_HALF_EVEN)


def _items(subscription: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = subscription.get("items")
    data = items.get("data") if isinstance(items, Mapping) else None
    if isinstance(data, list) and data:
        return [each for each in data if isinstance(each, Mapping)]
    if isinstance(subscription.get("plan"), Mapping):  # before 2016 there was one plan
        return [{"plan": subscription["plan"], "quantity": subscription.get("quantity")}]
    return []


def _price(item: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("price", "plan"):
        if isinstance(item.get(name), Mapping):
            return item[name]
    return {}


def _currency(price: Mapping[str, Any], subscription: Mapping[str, Any]) -> str:
    currency = str(price.get("currency") or subscription.get("currency") or "").upper()
    return currency if currency in CURRENCIES else ""


def _rhythm(price: Mapping[str, Any]) -> tuple[str, int, str]:
    """Interval, how many of them, and "licensed" or "metered"."""
    recurring = price.get("recurring")
    said = recurring if isinstance(recurring, Mapping) else price
    count = said.get("interval_count")
    return (
        str(said.get("interval") or ""),
        count if isinstance(count, int) and count > 0 else 1,
        str(said.get("usage_type") or "licensed"),
    )


def _monthly(
    item: Mapping[str, Any], price: Mapping[str, Any], currency: str, interval: str, count: int
) -> Decimal | None:
    unit = _decimal(
        next(
            (
                price[name]
                for name in ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount")
                if price.get(name) is not None
            ),
            None,
        )
    )
    quantity = _decimal(1 if item.get("quantity") is None else item["quantity"])
    if unit is None or quantity is None or interval not in MONTHS_IN:
        return None  # tiers: what they come to is not in the event
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    packages = _packages(quantity, price.get("transform_quantity"))
    return (unit * packages).scaleb(-decimals) / (MONTHS_IN[interval] * count)


def _packages(quantity: Decimal, transform: Any) -> Decimal:
    """Prices by the package: 25 seats sold in tens are three packages, or two."""
    divide_by = _decimal(transform.get("divide_by")) if isinstance(transform, Mapping) else None
    if not divide_by or divide_by < 0 or not quantity:
        return quantity
    rounding = ROUND_CEILING if transform.get("round") == "up" else ROUND_FLOOR
    # A subscription that bills nothing would not be paid at all; so at least one package.
    return max(Decimal(1), (quantity / divide_by).to_integral_value(rounding))


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < Decimal(10) ** 18 else None


def _billing_interval(interval: str, count: int) -> str:
    if (interval, count) == ("month", 1):
        return "month"
    if (interval, count) in (("year", 1), ("month", 12)):
        return "year"
    return "other" if interval else ""


def _name(item: Mapping[str, Any], price: Mapping[str, Any]) -> str:
    """What people call the plan: nickname, lookup key, the product's name; the price's ID else."""
    plan = item.get("plan") if isinstance(item.get("plan"), Mapping) else {}
    product = price.get("product")
    candidates = (
        price.get("nickname"),
        price.get("lookup_key"),
        product.get("name") if isinstance(product, Mapping) else None,
        price.get("name"),
        plan.get("nickname") if plan else None,
        price.get("id"),
    )
    return next((each.strip() for each in candidates if isinstance(each, str) and each.strip()), "")
