"""Subscriptions -> unbroken spans, their ends, and contractions. Pure: knows no database."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surveys.models import Subscription


@dataclass(frozen=True, slots=True)
class Span:
    """``ended_on`` None: still running. ``last``: the subscriptions that ended with it.

    ``start_known`` is false where the date of the start is no more than when we first heard.
    """

    started_on: dt.date
    start_known: bool
    ended_on: dt.date | None
    last: tuple["Subscription", ...]


def unbroken_spans(subscriptions: Iterable["Subscription"], today: dt.date) -> list[Span]:
    """Spans of subscriptions that overlap or touch, in the order of time.

    What has not started by ``today`` is left out; an end after ``today`` has not come yet.
    """
    spans: list[Span] = []
    group: list[Subscription] = []
    ends: dt.date | None = None
    for subscription in sorted(
        (each for each in subscriptions if each.started_on <= today),
        key=lambda each: each.started_on,
    ):
        if group and ends is not None and subscription.started_on > ends:
            spans.append(_span(group, ends))
            group = []
        end = _end_by(subscription, today)
        if not group:
            ends = end
        elif ends is not None:
            ends = None if end is None else max(ends, end)
        group.append(subscription)
    if group:
        spans.append(_span(group, ends))
    return spans


def contracted(subscriptions: Sequence["Subscription"], today: dt.date) -> list["Subscription"]:
    """Subscriptions that ended while another went on beyond their end.

    One that begins only on the day the other ends replaces it, which is no contraction.
    """
    return [
        each
        for each in subscriptions
        if (end := _end_by(each, today)) is not None
        and any(
            other is not each
            and other.started_on < end
            and ((other_end := _end_by(other, today)) is None or other_end > end)
            for other in subscriptions
        )
    ]


def _end_by(subscription: "Subscription", today: dt.date) -> dt.date | None:
    end = subscription.ended_on
    return None if end is None or end > today else end


def _span(group: list["Subscription"], ends: dt.date | None) -> Span:
    begins = group[0].started_on
    return Span(
        started_on=begins,
        start_known=any(each.start_known for each in group if each.started_on == begins),
        ended_on=ends,
        last=tuple(each for each in group if ends is not None and each.ended_on == ends),
    )
