from collections import defaultdict
from decimal import Decimal

import pytest
from django.utils import translation

from analytics import rollups
from analytics.breakdown import OptionError, breakdown
from analytics.filters import Filters
from analytics.intervals import newcombe, wilson
from analytics.overview import overview
from analytics.periods import KINDS, PeriodError
from analytics.reason_table import STACK
from reasons.models import Reason, ReasonText
from tests.analytics.scenes import date, leaves, lost, pays, says

NOW = {"first": date("2026-02-01"), "last": date("2026-02-28")}
BEFORE = {"previous_first": date("2026-01-01"), "previous_last": date("2026-01-31")}


def figures(*filters, **options):
    rollups.refresh()
    return overview(**{**NOW, **BEFORE, **options}, filters=Filters.parse(filters))


@pytest.fixture
def company(db):
    """Forty customers; 16 of them leave in February, 14 in January."""
    for _ in range(10):
        pays(since="2025-01-01", mrr="100")
    because = {"missing_integration": 9, "need_ended": 2, "price_unprobed": 1, None: 4}
    for code, times in because.items():
        for day in range(times):
            lost(on=f"2026-02-{day * 3 + 1:02}", because=code, mrr="20", plan="Pro")
    before = {"missing_integration": 1, "need_ended": 9, "hard_to_use": 1, None: 3}
    for code, times in before.items():
        for day in range(times):
            lost(on=f"2026-01-{day * 3 + 1:02}", because=code, mrr="10")


def test_the_headline_adds_up(company):
    page = figures()
    now, before = page.totals, page.previous
    assert (now.lost, now.heard, now.settled) == (16, 12, 11)
    assert (now.not_known, now.unresolved) == (4, 1)
    assert now.coverage == pytest.approx(11 / 16)
    assert (now.mrr_lost, now.mrr_unknown) == (Decimal("320.00"), 0)
    assert (now.avoidable, now.partly_avoidable) == (9, 0)
    assert now.avoidable_share == pytest.approx(9 / 11)
    assert (before.lost, before.heard, before.settled, before.mrr_lost) == (14, 11, 11, 140)
    assert page.currency == "USD"
    assert page.as_of == rollups.as_of()
    assert page.pending is False


def test_the_churn_rate_is_the_monthly_average(company):
    page = figures()
    assert page.totals.churn.at_start == 26
    assert page.totals.churn.monthly == pytest.approx(16 / 26)
    assert page.totals.churn.yearly == pytest.approx(1 - (10 / 26) ** 12)
    assert page.totals.churn.mrr_monthly == pytest.approx(320 / 1320)
    assert page.previous.churn.monthly == pytest.approx(14 / 40)
    quarter = figures(first=date("2025-12-01"), previous_first=date("2025-09-01"),
                      previous_last=date("2025-11-30"))  # fmt: skip
    assert quarter.totals.churn.monthly == pytest.approx(30 / (40 + 40 + 26))


def test_categories_hold_everybody_once(company):
    page = figures()
    assert [each.category for each in page.categories] == list(STACK)
    assert [each.count for each in page.categories] == [9, 0, 2, 1, 4]
    assert [each.previous_count for each in page.categories] == [1, 1, 9, 0, 3]
    assert sum(each.count for each in page.categories) == page.totals.lost
    assert sum(each.mrr for each in page.categories) == page.totals.mrr_lost
    assert sum(each.share or 0 for each in page.categories) == pytest.approx(1)
    low, high = wilson(9, 12)
    outcome, *_rest, not_known = page.categories
    assert (outcome.share_low, outcome.share_high) == (float(low), float(high))
    assert (not_known.share, not_known.share_low) == (None, None)


def test_a_row_for_each_reason_of_either_period(company):
    page = figures()
    rows = [(each.category, each.reason, each.count, each.previous_count) for each in page.reasons]
    assert rows == [
        ("required_outcome", "missing_integration", 9, 1),
        ("appropriate_experience", "hard_to_use", 0, 1),
        ("circumstances", "need_ended", 2, 9),
        ("unresolved", "price_unprobed", 1, 0),
    ]  # fmt: skip
    integration = page.reasons[0]
    assert integration.label == "Missing integration"
    assert integration.share == pytest.approx(9 / 12)
    assert integration.previous_share == pytest.approx(1 / 11)
    assert integration.change == pytest.approx(9 / 12 - 1 / 11)
    low, high = newcombe(9, 12, 1, 11)
    assert (integration.change_low, integration.change_high) == (float(low), float(high))
    assert (integration.mrr, integration.previous_mrr) == (180, 10)
    assert (integration.avoidable, integration.avoidable_count) == ("yes", 9)
    assert [each.significant for each in page.reasons] == [True, False, True, False]
    assert [each.small for each in page.reasons] == [False, True, True, True]


def test_weighed_by_mrr(company):
    says(lost(on="2026-02-20", mrr="820"), "price_unprobed")
    page = figures(weight="mrr")
    shares = {each.reason: each.share for each in page.reasons}
    assert shares["price_unprobed"] == pytest.approx(840 / 1060)
    assert page.categories[0].share == pytest.approx(180 / 1060)
    # The interval and the test stay those of customers: one large customer is one decision.
    low, _high = wilson(9, 13)
    assert page.reasons[0].share_low == float(low)
    assert page.reasons[0].significant
    assert sum(point.values[3] for point in page.series) == pytest.approx(840)


def test_an_analysts_word_on_what_was_avoidable_counts(company):
    says(lost(on="2026-02-20"), "need_ended", avoidable="yes")
    page = figures()
    assert page.totals.avoidable == 10
    row = next(each for each in page.reasons if each.reason == "need_ended")
    assert (row.avoidable, row.avoidable_count) == ("no", 1)


@pytest.mark.parametrize("by", KINDS)
def test_the_series_adds_up_to_the_categories_and_equals_the_breakdown(company, by):
    page = figures(by=by)
    for at, category in enumerate(page.categories):
        assert sum(point.values[at] for point in page.series) == category.count
    periods = breakdown(**NOW, by=by).periods
    assert [(each.start, each.end) for each in page.series] == [
        (each.start, each.end) for each in periods
    ]
    for point, period in zip(page.series, periods, strict=True):
        expected = defaultdict(int)
        for each in period.reasons:
            expected[each.category] += each.count
        expected["not_known"] = period.lost - period.classified
        assert list(point.values) == [expected[category] for category in STACK]


@pytest.mark.django_db
def test_nothing_at_all():
    page = figures()
    assert (page.totals.lost, page.totals.coverage, page.totals.avoidable_share) == (0, None, None)
    assert page.totals.churn.monthly is None
    assert page.totals.churn.yearly is None
    assert page.reasons == ()
    assert [each.share for each in page.categories] == [None] * 5
    assert [point.values for point in page.series] == [(0, 0, 0, 0, 0)] * 5


@pytest.mark.django_db
def test_without_a_period_before_there_is_no_change():
    lost(on="2026-02-10", because="need_ended")
    (row,) = figures().reasons
    assert (row.change, row.change_low, row.previous_share, row.significant) == (
        None, None, None, False,
    )  # fmt: skip


def test_filters_restrict_all_of_it(company):
    page = figures("plan=Pro", "reason=missing_integration")
    assert (page.totals.lost, page.previous.lost) == (9, 0)
    assert page.totals.churn.monthly == pytest.approx(9 / 16)
    assert [each.reason for each in page.reasons] == ["missing_integration"]


@pytest.mark.django_db
def test_trials_have_no_churn_rate():
    lost(on="2026-02-10", mrr="0")
    page = figures("trial=yes")
    assert (page.totals.lost, page.totals.churn, page.previous.churn) == (1, None, None)


@pytest.mark.django_db
def test_cancellations_and_internal_reasons():
    cancellation = leaves(pays(since="2025-01-01"), asked="2026-02-10", on="2026-03-10")
    says(cancellation, "need_ended")
    says(cancellation, "support_quality", perspective="internal")
    assert figures().totals.lost == 0
    (row,) = figures(unit="cancellations").reasons
    assert row.reason == "need_ended"
    (row,) = figures(unit="cancellations", perspective="internal").reasons
    assert row.reason == "support_quality"


def test_labels_follow_the_reader_s_language(company):
    reason = Reason.objects.get(code="missing_integration")
    ReasonText.objects.update_or_create(
        reason=reason, language="zh-hans", defaults={"label": "缺少对接"}
    )
    ReasonText.objects.filter(reason__code="need_ended").delete()
    with translation.override("zh-hans"):
        labels = {each.reason: each.label for each in figures().reasons}
    assert labels["missing_integration"] == "缺少对接"
    assert labels["need_ended"] == "Need ended"


def test_what_is_not_counted_yet_is_said(company):
    rollups.refresh()
    lost(on="2026-02-03")
    page = overview(**NOW, **BEFORE)
    assert page.pending is True
    assert page.totals.lost == 16


def test_eight_queries_however_long_and_however_many(company, django_assert_num_queries):
    rollups.refresh()
    with django_assert_num_queries(8):
        overview(
            first=date("2024-01-01"),
            last=date("2026-02-28"),
            previous_first=date("2021-11-01"),
            previous_last=date("2023-12-31"),
            by="week",
        )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"by": "hour"}, PeriodError),
        ({"last": date("2026-01-01")}, PeriodError),
        ({"previous_last": date("2020-01-01")}, PeriodError),
        ({"weight": "usd"}, OptionError),
    ],
)
def test_what_makes_no_sense(options, error, db):
    with pytest.raises(error):
        figures(**options)
