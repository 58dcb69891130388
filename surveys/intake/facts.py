"""What a source says about a customer and a subscription, before it becomes rows.

An empty string or None means *not said*: merging never blanks what is already known.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    external_id: str
    name: str = ""
    plan: str = ""
    segment: str = ""
    industry: str = ""
    country: str = ""
    billing_interval: str = ""
    account_owner: str = ""
    ideal: bool | None = None
    time_zone: str = ""
    language: str = ""
    is_test: bool | None = None
    contact_email: str = ""
    contact_name: str = ""
    contact_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFacts:
    """``mrr`` needs a ``currency``. ``ended_on`` is the first day without."""

    external_id: str = ""
    plan: str = ""
    billing_interval: str = ""
    mrr: Decimal | None = None
    currency: str = ""
    started_on: dt.date | None = None
    ended_on: dt.date | None = None
    is_trial: bool = False
