"""The sentence that a person could say aloud, made from the figures."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext

from analytics.dashboards.wording import money, number, percent
from analytics.models import Unit
from analytics.overview import Overview, Totals
from analytics.reason_table import CategoryFigure, ReasonRow
from reasons.models import Category, Perspective

# Fewer settled than this: numbers are said, not parts of a whole.
FEW = 10


def sentences(overview: Overview) -> list[SafeString]:
    """What happened, whom we heard from and what they said, what rose or fell. Escaped HTML."""
    said = [_what_happened(overview)]
    if overview.totals.lost:
        said.append(_what_was_said(overview))
    said += _what_moved(overview.reasons, overview.totals, overview.previous)
    return [each for each in said if each]


def _what_happened(overview: Overview) -> SafeString:
    lost, mrr = overview.totals.lost, overview.totals.mrr_lost
    if not lost:
        if overview.filters.as_dict():
            return format_html("{}", gettext("Nobody whom these filters fit left in this period."))
        return format_html("{}", gettext("Nobody left in this period."))
    of_losses = overview.unit == Unit.LOSSES
    worth = {"count": number(lost), "mrr": money(mrr, overview.currency)}
    if overview.totals.mrr_unknown:
        worth["mrr"] = gettext("at least %(mrr)s") % worth
    if of_losses and mrr:
        text = ngettext(
            "%(count)s customer left, and with them %(mrr)s of MRR.",
            "%(count)s customers left, and with them %(mrr)s of MRR.",
            lost,
        )
    elif of_losses:
        text = ngettext("%(count)s customer left.", "%(count)s customers left.", lost)
    elif mrr:
        text = ngettext(
            "There was %(count)s cancellation, worth %(mrr)s of MRR.",
            "There were %(count)s cancellations, worth %(mrr)s of MRR.",
            lost,
        )
    else:
        text = ngettext(
            "There was %(count)s cancellation.", "There were %(count)s cancellations.", lost
        )
    return format_html("<strong>{}</strong>", text % worth)


def _what_was_said(overview: Overview) -> SafeString:
    totals = overview.totals
    internal = overview.perspective == Perspective.INTERNAL
    if not totals.heard:
        return format_html(
            "{}",
            gettext("The team has not concluded yet why.")
            if internal
            else gettext("We have not heard why from any of them."),
        )
    counts = {"heard": number(totals.heard), "settled": number(totals.settled)}
    if not totals.settled:
        text = (
            gettext("The team has looked at %(heard)s of them and could not settle why.")
            if internal
            else gettext("We heard from %(heard)s of them; nothing they said settles why.")
        )
        return format_html("{}", text % counts)
    text = (
        gettext("The team has looked at %(heard)s of them and settled %(settled)s: %(clauses)s.")
        if internal
        else gettext("We heard from %(heard)s of them and settled %(settled)s: %(clauses)s.")
    )
    clauses = _clauses(overview.categories, totals.settled)
    joined = gettext(", ").join(clauses)
    return format_html("{}", text % {**counts, "clauses": joined})


def _clauses(categories: Sequence[CategoryFigure], settled: int) -> list[str]:
    """One for each kind of reason that anybody had, the most frequent first."""
    words = {
        Category.REQUIRED_OUTCOME.value: gettext("%(who)s could not get done what they needed"),
        Category.APPROPRIATE_EXPERIENCE.value: gettext(
            "%(who)s got it done, but not in a way that suited them"
        ),
        Category.CIRCUMSTANCES.value: gettext("%(who)s left because their own situation changed"),
    }
    counted = [each for each in categories if each.category in words and each.count]
    counted.sort(key=lambda each: -each.count)
    return [words[each.category] % {"who": _who(each.count, settled)} for each in counted]


def _who(count: int, settled: int) -> str:
    if settled < FEW:
        return number(count)
    return part_in_words(count / settled)


def part_in_words(part: float) -> str:
    """0 to 1 as it is said aloud: *more than half*, *one in five*."""
    if part >= 1:
        return pgettext("part of those who answered", "all of them")
    for least, words in (
        (0.9, pgettext("part of those who answered", "nearly all")),
        (0.78, pgettext("part of those who answered", "four in five")),
        (0.71, pgettext("part of those who answered", "three in four")),
        (0.63, pgettext("part of those who answered", "two in three")),
        (0.53, pgettext("part of those who answered", "more than half")),
        (0.47, pgettext("part of those who answered", "half")),
        (0.37, pgettext("part of those who answered", "two in five")),
        (0.29, pgettext("part of those who answered", "one in three")),
        (0.225, pgettext("part of those who answered", "one in four")),
        (0.183, pgettext("part of those who answered", "one in five")),
        (0.145, pgettext("part of those who answered", "one in six")),
        (0.11, pgettext("part of those who answered", "one in eight")),
        (0.075, pgettext("part of those who answered", "one in ten")),
    ):
        if part >= least:
            return words
    return pgettext("part of those who answered", "a few")


def _what_moved(reasons: Sequence[ReasonRow], totals: Totals, previous: Totals) -> list[SafeString]:
    """The one reason that moved most, if any moved by more than chance."""
    moved = [row for row in reasons if row.significant]
    if not moved or not totals.heard or not previous.heard:
        return []

    def by_how_much(row: ReasonRow) -> float:
        return abs(row.count / totals.heard - row.previous_count / previous.heard)

    row = max(moved, key=by_how_much)
    now, before = row.count / totals.heard, row.previous_count / previous.heard
    return [
        format_html(
            _movement(now, before),
            reason=format_html("<strong>{}</strong>", row.label),
            before=percent(before),
            now=percent(now),
        )
    ]


def _movement(now: float, before: float) -> str:
    if not before:
        return gettext("{reason} is new: {now} of those we heard from.")
    ratio = now / before
    if ratio >= 2.7:
        tripled = ratio < 3.4
        return (
            gettext("{reason} tripled since the period before, from {before} to {now}.")
            if tripled
            else gettext(
                "{reason} more than tripled since the period before, from {before} to {now}."
            )
        )
    if ratio >= 1.8:
        return gettext("{reason} doubled since the period before, from {before} to {now}.")
    if ratio > 1:
        return gettext("{reason} rose since the period before, from {before} to {now}.")
    if ratio <= 0.55:
        return gettext(
            "{reason} fell by half or more since the period before, from {before} to {now}."
        )
    return gettext("{reason} fell since the period before, from {before} to {now}.")
