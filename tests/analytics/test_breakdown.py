import json
from collections import Counter
from decimal import Decimal

import pytest

from analytics import rollups
from analytics.breakdown import COLUMNS, OptionError, breakdown
from analytics.filters import Filters
from analytics.periods import KINDS, PeriodError
from tests.analytics.scenes import date, lost, says

FIRST, LAST = date("2026-01-15"), date("2026-04-10")


def figures(**options):
    rollups.refresh()
    filters = Filters.parse(options.pop("filters", []))
    return breakdown(**{"first": FIRST, "last": LAST, "filters": filters, **options})


def lost_in(**options):
    return sum(period.lost for period in figures(**options).periods)


@pytest.fixture
def company(db):
    """Nine losses, two of them outside the period; six heard, four settled."""
    lost(on="2026-01-14", because="hard_to_use", plan="Pro", mrr="1000")
    lost(on="2026-01-15", because="hard_to_use", plan="Pro", country="DE", mrr="100")
    lost(on="2026-01-31", because="hard_to_use", plan="Team", mrr="10", kind="involuntary")
    lost(on="2026-02-01", because="need_ended", plan="Team", mrr="300.50", ideal=True)
    lost(on="2026-03-31", because="need_ended", plan="Team", mrr=None)
    lost(on="2026-04-10", because="price_unprobed", plan="Pro", mrr="40", ideal=False)
    says(lost(on="2026-04-01", mrr="5"), "price_or_value_fit", needs_probe=True)
    lost(on="2026-03-02", plan="Pro", mrr="60")
    lost(on="2026-04-11", because="hard_to_use", plan="Pro", mrr="1000")


def test_the_whole_period(company):
    (year,) = figures(by="year").periods
    assert (year.start, year.end) == (FIRST, LAST)
    assert (year.lost, year.classified, year.resolved) == (7, 6, 4)
    assert year.coverage == pytest.approx(4 / 7)
    assert (year.mrr_lost, year.mrr_unknown) == (Decimal("515.50"), 1)
    assert [(each.reason, each.category, each.count) for each in year.reasons] == [
        ("hard_to_use", "appropriate_experience", 2),
        ("need_ended", "circumstances", 2),
        ("price_or_value_fit", "unresolved", 1),
        ("price_unprobed", "unresolved", 1),
    ]
    assert [each.share for each in year.reasons] == pytest.approx([2 / 6, 2 / 6, 1 / 6, 1 / 6])
    assert year.reasons[1].mrr == Decimal("300.50")
    assert year.reasons[1].mrr_unknown == 1


def test_weighed_by_mrr_a_share_is_of_the_mrr_of_those_heard(company):
    (year,) = figures(by="year", weight="mrr").periods
    assert [each.reason for each in year.reasons] == [
        "need_ended", "hard_to_use", "price_unprobed", "price_or_value_fit",
    ]  # fmt: skip
    heard = 300.5 + 110 + 40 + 5
    assert [each.share for each in year.reasons] == pytest.approx(
        [300.5 / heard, 110 / heard, 40 / heard, 5 / heard]
    )
    assert (year.lost, year.coverage) == (7, pytest.approx(4 / 7))  # still customers


@pytest.mark.parametrize("by", KINDS)
@pytest.mark.parametrize("unit", ["losses", "cancellations"])
def test_periods_add_up_to_the_whole(company, by, unit):
    parts = figures(by=by, unit=unit).periods
    (whole,) = figures(by="year", unit=unit).periods
    for name in ("lost", "classified", "resolved", "mrr_unknown"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    assert sum(part.mrr_lost or 0 for part in parts) == whole.mrr_lost
    counts = Counter()
    for part in parts:
        counts.update({each.reason: each.count for each in part.reasons})
        assert sum(each.count for each in part.reasons) == part.classified
        assert sum(each.share for each in part.reasons) == pytest.approx(
            1 if part.classified else 0
        )
    assert counts == {each.reason: each.count for each in whole.reasons}


def test_empty_periods_are_there_with_zeros(company):
    weeks = figures(by="week").periods
    assert len(weeks) == 13
    empty = weeks[3]
    assert (empty.lost, empty.classified, empty.resolved, empty.mrr_lost) == (0, 0, 0, 0)
    assert (empty.coverage, empty.reasons) == (None, ())


def test_where_nobody_s_mrr_is_known_there_is_none(company):
    march = figures(first=date("2026-03-31"), last=date("2026-03-31"), by="day").periods[0]
    assert (march.lost, march.mrr_lost, march.reasons[0].mrr) == (1, None, None)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ([], 7),
        (["plan=Pro"], 3),
        (["plan=Team"], 3),
        (["plan=unknown"], 1),
        (["plan=Pro", "plan=Team"], 6),
        (["plan=Pro", "country=DE"], 1),
        (["kind=involuntary"], 1),
        (["kind=voluntary"], 6),
        (["ideal=yes"], 1),
        (["ideal=no"], 1),
        (["ideal=unknown"], 5),
        (["life_stage=late"], 7),
        (["life_stage=early"], 0),
        (["reason=hard_to_use"], 2),
        (["reason=hard_to_use", "reason=need_ended"], 4),
        (["reason=unknown"], 1),
        (["category=unresolved"], 2),
        (["category=circumstances"], 2),
        (["category=unknown"], 1),
        (["source=test"], 7),
        (["source=stripe"], 0),
        (["trial=yes"], 0),
    ],
)
def test_filters_restrict_what_is_counted(company, filters, count):
    assert lost_in(filters=filters) == count


@pytest.mark.django_db
def test_provider_reasons_count_as_they_came():
    texts = ["Network reliability", "Network reliability", "Price too high", "=1+1", ""]
    for text in texts:
        lost(on="2026-02-01", further={"provider_reason": text})
    assert lost_in(filters=["provider_reason=Network reliability"]) == 2
    assert lost_in(filters=["provider_reason=network reliability"]) == 0
    assert lost_in(filters=["provider_reason==1+1"]) == 1
    assert lost_in(filters=["provider_reason=unknown"]) == 1


@pytest.mark.django_db
def test_trials_are_counted_apart():
    lost(on="2026-02-01", mrr="0")
    lost(on="2026-02-01")
    assert lost_in() == 1
    assert lost_in(filters=["trial=yes"]) == 1
    assert lost_in(filters=["trial=yes", "trial=no"]) == 2


def test_perspectives_and_units_are_told_apart(company):
    says(lost(on="2026-02-02", because="need_ended"), "support_quality", perspective="internal")
    internal = figures(by="year", perspective="internal").periods[0]
    assert (internal.lost, internal.classified) == (8, 1)
    assert internal.reasons[0].reason == "support_quality"
    asked = figures(by="year", unit="cancellations", first=date("2026-02-02")).periods[0]
    assert asked.lost == 5


def test_the_contracted_shape(company):
    shape = json.loads(json.dumps(figures(filters=["plan=Team"], by="quarter").as_json()))
    assert shape == {
        "from": "2026-01-15",
        "to": "2026-04-10",
        "by": "quarter",
        "unit": "losses",
        "weight": "customers",
        "perspective": "stated",
        "currency": "USD",
        "filters": {"plan": ["Team"]},
        "periods": [
            {
                "start": "2026-01-15",
                "end": "2026-03-31",
                "lost": 3,
                "classified": 3,
                "resolved": 3,
                "coverage": 1.0,
                "mrr_lost": 310.5,
                "reasons": [
                    {
                        "reason": "need_ended",
                        "category": "circumstances",
                        "count": 2,
                        "share": pytest.approx(2 / 3),
                        "mrr": 300.5,
                    },
                    {
                        "reason": "hard_to_use",
                        "category": "appropriate_experience",
                        "count": 1,
                        "share": pytest.approx(1 / 3),
                        "mrr": 10.0,
                    },
                ],
            },
            {
                "start": "2026-04-01",
                "end": "2026-04-10",
                "lost": 0,
                "classified": 0,
                "resolved": 0,
                "coverage": None,
                "mrr_lost": 0.0,
                "reasons": [],
            },
        ],
    }


def test_rows_have_a_line_for_each_period_and_reason(company):
    rows = list(figures(by="month").rows())
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert [(str(row[0]), row[2], row[7], row[9]) for row in rows] == [
        ("2026-01-15", 2, "hard_to_use", 2),
        ("2026-02-01", 1, "need_ended", 1),
        ("2026-03-01", 2, "need_ended", 1),
        ("2026-04-01", 2, "price_or_value_fit", 1),
        ("2026-04-01", 2, "price_unprobed", 1),
    ]
    (nothing,) = figures(by="month", first=LAST, filters=["plan=none"]).rows()
    assert nothing == [LAST, LAST, 0, 0, 0, None, 0, "", "", None, None, None]


def test_one_query_however_many_periods(company, django_assert_num_queries):
    rollups.refresh()
    with django_assert_num_queries(1):
        breakdown(first=FIRST, last=LAST, by="day", filters=Filters(plan=("Pro",)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"by": "hour"}, PeriodError, "hour"),
        ({"last": date("2026-01-01")}, PeriodError, "2026-01-01"),
        ({"unit": "customers"}, OptionError, "customers.*losses, cancellations"),
        ({"weight": "usd"}, OptionError, "usd.*customers, mrr"),
        ({"perspective": "ours"}, OptionError, "ours.*stated, internal"),
    ],
)
def test_what_makes_no_sense(options, error, says):
    with pytest.raises(error, match=says):
        figures(**options)
