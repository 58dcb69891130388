"""The four headline figures, each with the words that make it mean something."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from analytics.dashboards.chart import Link
from analytics.dashboards.screen import Screen
from analytics.dashboards.wording import DASH, money, money_change, number, percent
from analytics.overview import Overview
from reasons.models import Category

SETTLED = [
    Category.REQUIRED_OUTCOME.value,
    Category.APPROPRIATE_EXPERIENCE.value,
    Category.CIRCUMSTANCES.value,
]
# A change of a rate that nobody would call one.
UNREMARKABLE = 0.0005


@dataclass(frozen=True, slots=True)
class Remark:
    """A part of what stands under a headline figure; ``tone``: rise, fall or nothing."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    figure: str
    remarks: list[Remark]
    url: str = ""


def cards(overview: Overview, screen: Screen, link: Link | None, site: str) -> list[Card]:
    return [
        _churn_card(overview, screen, site),
        _mrr_card(overview, screen, link),
        _coverage_card(overview, screen, link),
        _avoidable_card(overview, screen, link),
    ]


def _churn_card(overview: Overview, screen: Screen, site: str) -> Card:
    churn, before = overview.totals.churn, overview.previous.churn
    title = gettext("Churn rate, monthly")
    if churn is None or churn.monthly is None:
        why = (
            gettext("trials have none")
            if churn is None
            else gettext("nobody was paying when the period began")
        )
        return Card(title, DASH, [Remark(why)])
    remarks = [Remark(gettext("%(part)s a year") % {"part": percent(churn.yearly)})]
    if before is not None and before.monthly is not None:
        remarks.append(_against(churn.monthly, before.monthly))
    url = reverse(f"{site}:churn_rates")
    return Card(title, percent(churn.monthly, 1), remarks, url)


def _against(rate: float, before: float) -> Remark:
    was = {"part": percent(before, 1)}
    if abs(rate - before) < UNREMARKABLE:
        return Remark(gettext("as before"))
    if rate > before:
        return Remark(gettext("up from %(part)s") % was, "rise")
    return Remark(gettext("down from %(part)s") % was, "fall")


def _mrr_card(overview: Overview, screen: Screen, link: Link | None) -> Card:
    totals, previous = overview.totals, overview.previous
    title = gettext("MRR lost") if screen.of_losses else gettext("MRR cancelled")
    remarks = []
    if totals.churn is not None and totals.churn.mrr_monthly is not None and screen.of_losses:
        part = percent(totals.churn.mrr_monthly, 1)
        remarks.append(Remark(gettext("%(part)s of MRR a month") % {"part": part}))
    if totals.mrr_lost is not None and previous.mrr_lost is not None:
        change = totals.mrr_lost - previous.mrr_lost
        remarks.append(
            Remark(
                gettext("%(change)s on the period before")
                % {"change": money_change(change, overview.currency)},
                tone_of(float(round(change))),
            )
        )
    if totals.mrr_unknown:
        text = ngettext("not known of %(count)s", "not known of %(count)s", totals.mrr_unknown)
        remarks.append(Remark(text % {"count": number(totals.mrr_unknown)}))
    url = link(screen) if link and totals.lost else ""
    return Card(title, money(totals.mrr_lost, overview.currency), remarks, url)


def _coverage_card(overview: Overview, screen: Screen, link: Link | None) -> Card:
    totals = overview.totals
    counts = {
        "settled": number(totals.settled),
        "lost": number(totals.lost),
        "heard": number(totals.heard),
        "unknown": number(totals.not_known),
    }
    remarks = [
        Remark(gettext("%(settled)s of %(lost)s") % counts),
        Remark(gettext("heard from %(heard)s") % counts),
        Remark(gettext("%(unknown)s unknown") % counts),
    ]
    settled = screen.narrowed(category=SETTLED)
    url = link(settled) if link and totals.settled else ""
    return Card(gettext("Reason settled for"), percent(totals.coverage), remarks, url)


def _avoidable_card(overview: Overview, screen: Screen, link: Link | None) -> Card:
    totals = overview.totals
    title = gettext("Could have been avoided")
    if not totals.settled:
        return Card(title, DASH, [Remark(gettext("no reason is settled"))])
    remarks = [
        Remark(
            gettext("%(avoidable)s of %(settled)s settled")
            % {"avoidable": number(totals.avoidable), "settled": number(totals.settled)}
        )
    ]
    if totals.partly_avoidable:
        partly = gettext("%(count)s more in part") % {"count": number(totals.partly_avoidable)}
        remarks.append(Remark(partly))
    return Card(title, percent(totals.avoidable_share), remarks)


def tone_of(change: float) -> str:
    """How a change is coloured: more is worse in every figure here."""
    return "rise" if change > 0 else "fall" if change < 0 else ""
