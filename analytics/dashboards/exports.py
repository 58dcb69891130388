"""What a screen shows as CSV, row by row, safe to open in a spreadsheet."""

from collections.abc import Iterable, Iterator

from analytics.dashboards.chart import stored_category
from analytics.dashboards.figures import rows_of
from analytics.dashboards.labels import category_label
from analytics.dashboards.verbatims import Leaving
from analytics.overview import Overview
from analytics.reason_table import STACK
from surveys.csv_streaming import Row, as_csv

__all__ = ["as_csv", "period_rows", "reason_rows", "verbatim_rows"]

REASON_COLUMNS = (
    "from",
    "to",
    "level",
    "category",
    "reason",
    "label",
    "count",
    "share",
    "share_low",
    "share_high",
    "mrr",
    "currency",
    "mrr_unknown",
    "previous_count",
    "previous_share",
    "change",
    "more_than_chance",
    "avoidable",
)
VERBATIM_COLUMNS = (
    "date",
    "customer",
    "plan",
    "segment",
    "country",
    "mrr",
    "currency",
    "months",
    "reason",
    "category",
    "source",
    "confidence",
    "contributing",
    "chosen",
    "language",
    "said",
    "reason_as_it_came_in",
)


def reason_rows(overview: Overview) -> Iterator[Row]:
    """The total, then each category followed by its reasons. ``level`` says which a row is."""
    yield REASON_COLUMNS
    totals, previous = overview.totals, overview.previous
    ends = (overview.period.start, overview.period.end)
    yield [
        *(*ends, "total", "", "", "", totals.lost, None, None, None),
        *(totals.mrr_lost, overview.currency, totals.mrr_unknown, previous.lost, None, None),
        *("", ""),
    ]
    by_mrr = overview.weight == "mrr"
    for figure in overview.categories:
        yield [
            *(*ends, "category", stored_category(figure.category), ""),
            *(category_label(figure.category), figure.count, figure.share),
            *((None, None) if by_mrr else (figure.share_low, figure.share_high)),
            *(figure.mrr, overview.currency, figure.mrr_unknown),
            *(figure.previous_count, figure.previous_share, None, "", ""),
        ]
        for row in rows_of(overview, figure.category):
            yield [
                *(*ends, "reason", row.category, row.reason, row.label, row.count, row.share),
                *((None, None) if by_mrr else (row.share_low, row.share_high)),
                *(row.mrr, overview.currency, row.mrr_unknown),
                *(row.previous_count, row.previous_share, row.change),
                *("yes" if row.significant else "no", row.avoidable),
            ]


def period_rows(overview: Overview) -> Iterator[Row]:
    """The chart: a row a period, a column a category and their sum."""
    yield ["from", "to", *(stored_category(category) for category in STACK), "total"]
    for point in overview.series:
        yield [point.start, point.end, *point.values, sum(point.values)]


def verbatim_rows(leavings: Iterable[Leaving], currency: str) -> Iterator[Row]:
    yield VERBATIM_COLUMNS
    for each in leavings:
        primary = each.primary
        yield [
            *(each.day, each.customer, each.plan, each.segment, each.country),
            *(each.mrr, currency if each.mrr is not None else "", each.months),
            *((primary.label, each.category, primary.source) if primary else ("", "", "")),
            primary.confidence if primary else None,
            "; ".join(reason.label for reason in each.contributing),
            "; ".join(each.chosen),
            each.language,
            "\n\n".join(said.text for said in each.said),
            each.provider_reason,
        ]
