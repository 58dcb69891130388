"""Lindenpost, a made-up newsletter software: its customers, and when and why they leave.

Pure and seeded: the same numbers and the same last day give the same company.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import numpy as np

from analytics.sample.story import SEGMENTS, monthly_hazard, reason_weights
from surveys.calendar import months_between

Choice = TypeVar("Choice")

PLANS = {
    "Starter": (45, 19, 29),
    "Growth": (30, 59, 79),
    "Pro": (18, 149, 199),
    "Business": (7, 390, 690),
}
INDUSTRIES = ("Retail", "Food", "Non-profit", "Education", "Media", "Travel", "Services")
COUNTRIES = {"DE": 29, "GB": 16, "US": 14, "FR": 10, "NL": 8, "CN": 13, "TW": 4, "SG": 6}
TIME_ZONES = {
    "DE": "Europe/Berlin", "GB": "Europe/London", "US": "America/New_York", "FR": "Europe/Paris",
    "NL": "Europe/Amsterdam", "CN": "Asia/Shanghai", "TW": "Asia/Taipei", "SG": "Asia/Singapore",
}  # fmt: skip
OWNERS = ("Ada Brandt", "Jonas Wirth", "Mei Lin", "Priya Nair", "Tom Okafor")
NAMES = (
    "Alder", "Birchwood", "Cobalt", "Dovetail", "Eastgate", "Fernhill", "Greyfield", "Hollow Oak",
    "Ivory", "Juniper", "Kestrel", "Larkspur", "Maple", "Nettle", "Orchard", "Pebble", "Quill",
    "Rowan", "Saffron", "Thistle", "Umber", "Vesper", "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
TRADES = {
    "Shop": ("Goods", "Store", "Trading", "Outfitters", "Supply"),
    "Association": ("Society", "Club", "Union", "Friends", "Trust"),
    "Agency": ("Studio", "Agency", "Partners", "Communications", "Works"),
    "Publisher": ("Press", "Review", "Letters", "Weekly", "Books"),
}
# Who asked to leave this recently has a mail to come and has not answered yet.
FRESH = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Departure:
    """One customer leaving. ``reason``: why, in truth; only an answer may tell us."""

    requested_at: dt.datetime
    effective_on: dt.date
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    number: int
    name: str
    plan: str
    segment: str
    industry: str
    country: str
    time_zone: str
    language: str
    billing_interval: str
    account_owner: str
    ideal: bool | None
    mrr: Decimal
    started_on: dt.date
    departure: Departure | None

    @property
    def external_id(self) -> str:
        return f"LP-{self.number:05d}"

    @property
    def email(self) -> str:
        return f"office@{self.name.lower().replace(' ', '-')}-{self.number}.example.com"


def made_up_company(
    *, customers: int, months: int, seed: int, now: dt.datetime
) -> Iterator[Account]:
    """``customers`` accounts that were with the company in the ``months`` before ``now``."""
    random = np.random.default_rng(seed)
    last = now.date()
    first = last - dt.timedelta(days=round(months * 30.44))
    for number in range(1, customers + 1):
        yield _account(random, number, first, last, now)


def _account(
    random: np.random.Generator, number: int, first: dt.date, last: dt.date, now: dt.datetime
) -> Account:
    plan = _pick(random, list(PLANS), [weight for weight, _, _ in PLANS.values()])
    segment = _pick(random, list(SEGMENTS), [48, 20, 20, 12])
    country = _pick(random, list(COUNTRIES), list(COUNTRIES.values()))
    _, low, high = PLANS[plan]
    days = (last - first).days
    # Four in ten were there at the beginning; the others came since, more of them later on.
    if random.random() < 0.4:
        started_on = first - dt.timedelta(days=int(random.exponential(400)) + 1)
    else:
        started_on = first + dt.timedelta(days=int(days * random.random() ** 0.85))
    trade = _pick(random, TRADES[segment])
    speaks_chinese = country in {"CN", "TW"} or (country == "SG" and random.random() < 0.3)
    facts = {
        "name": f"{_pick(random, NAMES)} {trade}",
        "plan": plan,
        "segment": segment,
        "industry": "Retail" if segment == "Shop" else _pick(random, INDUSTRIES[1:]),
        "billing_interval": "year" if random.random() < 0.3 else "month",
        "ideal": _is_ideal(segment, plan),
        "account_owner": _pick(random, OWNERS) if plan in {"Pro", "Business"} else "",
    }
    return Account(
        number=number,
        country=country,
        time_zone=TIME_ZONES[country],
        language="zh-hans" if speaks_chinese else "en",
        mrr=Decimal(int(random.integers(low, high + 1))),
        started_on=started_on,
        departure=_departure(
            random, plan=plan, segment=segment, started_on=started_on, first=first, now=now
        ),
        **facts,  # type: ignore[arg-type]
    )


def _is_ideal(segment: str, plan: str) -> bool | None:
    if segment == "Association":
        return False
    return True if segment == "Shop" and plan != "Starter" else None


def _departure(
    random: np.random.Generator,
    *,
    plan: str,
    segment: str,
    started_on: dt.date,
    first: dt.date,
    now: dt.datetime,
) -> Departure | None:
    """Month by month a chance to leave, as high as the stage of life and the plan make it."""
    day = max(started_on, first)
    last = now.date()
    while day <= last:
        age = months_between(started_on, day)
        hazard = monthly_hazard(plan=plan, segment=segment, age=age, days_ago=(last - day).days)
        if random.random() < hazard:
            asked_on = day + dt.timedelta(days=int(random.integers(0, 30)))
            if asked_on > last:
                return None
            return _leaves(random, asked_on, age, segment, now)
        day += dt.timedelta(days=30)
    return None


def _leaves(
    random: np.random.Generator, asked_on: dt.date, age: int, segment: str, now: dt.datetime
) -> Departure:
    kind = _pick(random, ["voluntary", "involuntary", "administrative"], [89, 9, 2])
    weights = reason_weights(segment=segment, age=age, days_ago=(now.date() - asked_on).days)
    reason = _pick(random, list(weights), list(weights.values()))
    requested_at = dt.datetime.combine(
        asked_on, dt.time(int(random.integers(7, 20)), int(random.integers(0, 60))), tzinfo=dt.UTC
    )
    # A third go at once, the others at the end of what they have paid for. The last ones all go
    # at once: their answer is yet to come, and then changes the figures of today.
    at_once = asked_on > now.date() - FRESH or random.random() < 0.35
    notice = 0 if at_once else int(random.integers(1, 29))
    return Departure(
        requested_at=min(requested_at, now - dt.timedelta(minutes=90)),
        effective_on=asked_on + dt.timedelta(days=notice),
        kind=kind,
        reason=reason,
    )


def _pick(
    random: np.random.Generator, among: Sequence[Choice], weights: Sequence[float] | None = None
) -> Choice:
    share = None if weights is None else np.asarray(weights, dtype=float) / sum(weights)
    return among[int(random.choice(len(among), p=share))]
