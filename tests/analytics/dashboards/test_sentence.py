from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from analytics.dashboards.sentence import part_in_words, sentences
from analytics.filters import Filters
from analytics.overview import Overview, Totals
from analytics.periods import Period
from analytics.reason_table import STACK, CategoryFigure, ReasonRow
from surveys.calendar import today


def totals(lost=0, heard=0, settled=0, mrr="0"):
    return Totals(
        lost=lost,
        heard=heard,
        settled=settled,
        mrr_lost=None if mrr is None else Decimal(mrr),
        mrr_unknown=0,
        avoidable=0,
        partly_avoidable=0,
        churn=None,
    )


def row(label, count, previous, *, significant=True):
    return ReasonRow(
        **dict.fromkeys(ReasonRow.__slots__)
        | {"label": label, "count": count, "previous_count": previous, "significant": significant}
    )


def shown(now, *, before=None, by_category=(0, 0, 0, 0), rows=(), **further):
    period = Period(today(), today())
    figures = [
        CategoryFigure(**dict.fromkeys(CategoryFigure.__slots__) | {"category": code, "count": n})
        for code, n in zip(STACK, [*by_category, now.lost - now.heard], strict=True)
    ]
    facts = {
        "period": period,
        "previous_period": period,
        "by": "week",
        "unit": "losses",
        "weight": "customers",
        "perspective": "stated",
        "currency": "EUR",
        "filters": Filters(),
        "totals": now,
        "previous": before or totals(),
        "categories": tuple(figures),
        "reasons": tuple(rows),
        "series": (),
        "as_of": None,
        "pending": False,
    }
    return " ".join(sentences(Overview(**facts | further)))


def test_says_what_happened_what_was_said_and_what_moved():
    said = shown(
        totals(214, 152, 141, "48310"),
        before=totals(160, 148, 120),
        by_category=(84, 31, 26, 11),
        rows=[row("Missing integrations", 26, 8), row("Onboarding", 12, 10, significant=False)],
    )
    assert said == (
        "<strong>214 customers left, and with them €48,310 of MRR.</strong> "
        "We heard from 152 of them and settled 141: "
        "more than half could not get done what they needed, "
        "one in five got it done, but not in a way that suited them, "
        "one in five left because their own situation changed. "
        "<strong>Missing integrations</strong> tripled since the period before, "
        "from 5\xa0% to 17\xa0%."
    )


@pytest.mark.parametrize(
    ("overview", "said"),
    [
        ((totals(), {}), "Nobody left in this period."),
        (
            (totals(), {"filters": Filters(plan=("Pro",))}),
            "Nobody whom these filters fit left in this period.",
        ),
        (
            (totals(1, 0, 0, "9"), {}),
            (
                "<strong>1 customer left, and with them €9 of MRR.</strong> "
                "We have not heard why from any of them."
            ),
        ),
        (
            (totals(3, 2, 0, None), {}),
            (
                "<strong>3 customers left.</strong> "
                "We heard from 2 of them; nothing they said settles why."
            ),
        ),
        (
            (totals(9, 4, 3, None), {"by_category": (1, 2, 0, 1)}),
            (
                "<strong>9 customers left.</strong> We heard from 4 of them and settled 3: "
                "2 got it done, but not in a way that suited them, "
                "1 could not get done what they needed."
            ),
        ),
        (
            (totals(1, 0, 0, "9"), {"unit": "cancellations"}),
            (
                "<strong>There was 1 cancellation, worth €9 of MRR.</strong> "
                "We have not heard why from any of them."
            ),
        ),
        (
            (totals(2, 0, 0, None), {"perspective": "internal"}),
            "<strong>2 customers left.</strong> The team has not concluded yet why.",
        ),
    ],
)
def test_is_honest_where_little_is_known(overview, said):
    now, further = overview
    assert shown(now, **further) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (20, 0, "X</strong> is new: 20\xa0% of those we heard from."),
        (20, 4, "X</strong> more than tripled since the period before, from 4\xa0% to 20\xa0%."),
        (20, 10, "X</strong> doubled since the period before, from 10\xa0% to 20\xa0%."),
        (30, 20, "X</strong> rose since the period before, from 20\xa0% to 30\xa0%."),
        (20, 30, "X</strong> fell since the period before, from 30\xa0% to 20\xa0%."),
        (
            10,
            30,
            "X</strong> fell by half or more since the period before, from 30\xa0% to 10\xa0%.",
        ),
    ],
)
def test_says_how_a_reason_moved(now, before, said):
    whole = totals(100, 100, 100, None)
    assert shown(whole, before=whole, rows=[row("X", now, before)]).endswith(said)


def test_a_label_is_text_not_markup():
    whole = totals(100, 100, 100, None)
    said = shown(whole, before=whole, rows=[row("<script>x</script>{0}", 20, 4)])
    assert "<strong>&lt;script&gt;x&lt;/script&gt;{0}</strong>" in said


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (1, "all of them"),
        (0.95, "nearly all"),
        (0.8, "four in five"),
        (0.75, "three in four"),
        (2 / 3, "two in three"),
        (0.58, "more than half"),
        (0.5, "half"),
        (0.4, "two in five"),
        (1 / 3, "one in three"),
        (0.25, "one in four"),
        (0.2, "one in five"),
        (1 / 6, "one in six"),
        (0.125, "one in eight"),
        (0.1, "one in ten"),
        (0.05, "a few"),
    ],
)
def test_parts_as_they_are_said_aloud(part, words):
    assert part_in_words(part) == words


def test_builds_in_any_language():
    with translation.override("zh-hans"):
        assert "214" in shown(totals(214, 152, 141, "1"), by_category=(84, 31, 26, 11))


def test_money_that_is_not_wholly_known_is_said_to_be_a_lower_bound():
    assert "with them at least €90 of MRR" in shown(replace(totals(3, 2, 1, "90"), mrr_unknown=1))
    assert "with them €90 of MRR" in shown(totals(3, 2, 1, "90"))
