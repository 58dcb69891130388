import csv
import datetime as dt
import html
import json
import re
from io import StringIO

import pytest
from django.conf import settings
from django.urls import reverse

from analytics.models import ReasonCount
from analytics.overview import overview
from reasons.models import Reason
from tests.analytics.dashboards.conftest import XSS
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db
PERIOD = {
    "first": dt.date(2026, 8, 22),
    "last": dt.date(2026, 11, 21),
    "previous_first": dt.date(2026, 5, 22),
    "previous_last": dt.date(2026, 8, 21),
}


def page(client, query=""):
    response = client.get(reverse("admin:index") + query)
    assert response.status_code == 200
    return response


def rows(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def chart(response):
    found = re.search(
        r'<script id="chart-data" type="application/json">(.*?)</script>',
        response.content.decode(),
        re.DOTALL,
    )
    return json.loads(found[1])


def text_of(response):
    """The page's words; every kind of blank, those between a figure and its unit too, as one."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", response.content.decode())).split())


def test_figures_on_the_page_are_the_overviews(autumn, viewer):
    shown = page(viewer)
    figures = overview(**PERIOD)
    assert (figures.totals.lost, figures.totals.heard, figures.totals.settled) == (11, 8, 7)
    text = text_of(shown)
    assert "11 customers left, and with them at least $550 of MRR." in text
    assert "We heard from 8 of them and settled 7" in text
    assert "Reason settled for 64 %" in text
    assert "7 of 11 · heard from 8 · 3 unknown" in text
    assert "not known of 1" in text


def test_table_adds_up_to_the_headline(autumn, viewer):
    groups = page(viewer).context["groups"]
    assert sum(group.head.count for group in groups) == 11
    for group in groups[:-1]:
        assert sum(line.count for line in group.lines) == group.head.count
    assert [(group.head.label, group.head.count) for group in groups] == [
        ("Required outcome", 4),
        ("Appropriate experience", 2),
        ("Customer circumstances", 1),
        ("Unresolved", 1),
        ("Not known", 3),
    ]


def test_chart_and_its_table_add_up_to_the_headline(autumn, viewer):
    shown = page(viewer)
    series = chart(shown)["series"]
    assert [sum(each["values"]) for each in series] == [4, 2, 1, 1, 3]
    assert [row.cells[-1].text for row in shown.context["chart_rows"]] == [
        f"{sum(each):.0f}" for each in zip(*(one["values"] for one in series), strict=True)
    ]


@pytest.mark.parametrize(
    ("query", "lost"),
    [
        ("?plan=Pro", 4),
        ("?plan=Pro&plan=Team", 8),
        ("?country=US", 3),
        ("?reason=unknown", 3),
        ("?category=unresolved", 1),
        ("?kind=involuntary", 0),
        ("?unit=cancellations", 11),
        ("?from=2026-10-01&to=2026-10-31", 6),
        ("?perspective=internal", 11),
    ],
)
def test_filters_restrict_every_figure(autumn, viewer, query, lost):
    shown = page(viewer, query)
    assert sum(group.head.count for group in shown.context["groups"]) == lost
    assert shown.context["total"] == str(lost)


def test_by_mrr(autumn, viewer):
    shown = page(viewer, "?weight=mrr")
    series = chart(shown)["series"]
    assert [sum(each["values"]) for each in series] == [400, 40, 40, 40, 30]
    [first, *_others] = shown.context["groups"]
    # Of the 520 of MRR that are known of those heard from; no interval for money.
    assert (first.head.share, first.head.interval) == ("77\xa0%", "")


def test_csv_is_what_the_screen_shows(autumn, viewer):
    exported = rows(viewer.get(reverse("admin:index") + "?format=csv"))
    shown = page(viewer).context["groups"]
    by_level = {level: [row for row in exported if row["level"] == level]
                for level in ("total", "category", "reason")}  # fmt: skip
    assert [row["count"] for row in by_level["total"]] == ["11"]
    assert {row["label"]: row["count"] for row in by_level["category"]} == {
        "Required outcome": "4",
        "Appropriate experience": "2",
        "Customer circumstances": "1",
        "Unresolved": "1",
        "Not known": "3",
    }
    assert {row["label"]: int(row["count"]) for row in by_level["reason"]} == {
        line.label: line.count for group in shown for line in group.lines
    }
    [hard] = [row for row in exported if row["reason"] == "hard_to_use"]
    assert (hard["share"], hard["mrr"], hard["mrr_unknown"]) == ("0.25", "40.00", "1")
    assert (hard["previous_count"], hard["previous_share"]) == ("3", "1.0")


def test_csv_of_the_chart(autumn, viewer):
    exported = rows(viewer.get(reverse("admin:index") + "?format=csv-periods&by=month"))
    assert [(row["from"], row["total"]) for row in exported] == [
        ("2026-08-22", "0.0"),
        ("2026-09-01", "3.0"),
        ("2026-10-01", "6.0"),
        ("2026-11-01", "2.0"),
    ]


def test_csv_makes_no_formulas(spoken, viewer):
    Reason.objects.filter(code="missing_integration").update(label="=HYPERLINK(1)")
    exported = rows(viewer.get(reverse("admin:index") + "?format=csv"))
    assert "'=HYPERLINK(1)" in [row["label"] for row in exported]


def test_markup_in_names_and_labels_is_inert(spoken, analyst):
    shown = page(analyst, "?period=12m")
    body = shown.content.decode()
    assert "<script>alert(1)" not in body
    assert html.escape(f"Missing {XSS}") in body
    assert html.escape(f"Plan: {XSS}") not in body  # a plan speaks for itself
    assert html.escape(XSS) in body
    for each in re.findall(r"<script[^>]*>", body):
        assert "src=" in each or 'type="application/json"' in each


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?period=zz", "found “zz”"),
        ("?nix=1", "nix"),
        ("?kind=odd", "odd"),
        ("?reason=odd", "odd"),
        ("?from=yesterday", "yesterday"),
        ("?plan=%00", "plan"),
        ("?from=2016-01-01&by=day", "too many steps"),
        (f"?period={XSS}", "found"),
    ],
)
def test_an_address_without_sense_gets_a_clear_page(viewer, query, said):
    response = viewer.get(reverse("admin:index") + query)
    assert response.status_code == 400
    assert said in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_every_figure_is_a_door_for_those_who_may_read(autumn, analyst):
    shown = page(analyst, "?plan=Pro")
    [group, *_rest] = shown.context["groups"]
    [line] = group.lines
    for url, count in [(line.url, 4), (group.head.url, 4), (shown.context["total_url"], 4)]:
        behind = analyst.get(url)
        assert behind.context["page"].paginator.count == count
    some = [url for each in chart(shown)["series"] for url in each["urls"] if url]
    assert len(analyst.get(some[2]).context["leavings"]) == chart(shown)["series"][0]["values"][2]


def test_figures_alone_for_those_who_may_not_read(autumn, viewer):
    shown = page(viewer)
    assert "/verbatims/" not in shown.content.decode()
    assert not any(url for each in chart(shown)["series"] for url in each["urls"])


def test_without_permission_there_are_no_figures(autumn):
    client = logged_in(staff("surveys.view_customer"))
    shown = client.get(reverse("admin:index"))
    assert shown.status_code == 200
    assert "groups" not in shown.context
    assert client.get(reverse("admin:index") + "?format=csv")["Content-Type"].startswith(
        "text/html"
    )


def test_get_only(viewer):
    assert viewer.post(reverse("admin:index")).status_code == 405


def test_empty_installation_says_how_to_begin(viewer):
    text = text_of(page(viewer))
    assert "Nothing to show yet" in text
    assert "import_csv cancellations" in text


def test_a_filter_that_nobody_fits_is_not_an_empty_installation(autumn, viewer):
    text = text_of(page(viewer, "?plan=Nobody"))
    assert "Nobody whom these filters fit left in this period." in text
    assert "Nothing to show yet" not in text


def test_filters_offer_what_has_been_counted(autumn, viewer):
    bar = page(viewer, "?plan=Pro&country=DE&country=FR").context["bar"]
    [plan] = [select for select in bar.selects if select.name == "plan"]
    assert [option.value for option in plan.options] == ["", XSS, "Pro", "Team"]
    assert [option.value for option in plan.options if option.is_chosen] == ["Pro"]
    # Two values of one filter: chips, each with a way to take it away.
    assert [(chip.label, chip.without) for chip in bar.chips] == [
        ("Country: DE", "?plan=Pro&country=FR"),
        ("Country: FR", "?plan=Pro&country=DE"),
    ]


def test_says_what_moved_by_more_than_chance(db, viewer):
    ReasonCount.objects.bulk_create(
        ReasonCount(
            day=day,
            unit="losses",
            perspective="stated",
            reason=code,
            category=category,
            trial="no",
            customers=count,
        )
        for day, code, category, count in [
            ("2026-07-01", "missing_integration", "required_outcome", 8),
            ("2026-07-01", "hard_to_use", "appropriate_experience", 140),
            ("2026-10-01", "missing_integration", "required_outcome", 60),
            ("2026-10-01", "hard_to_use", "appropriate_experience", 92),
        ]
    )
    shown = page(viewer)
    text = text_of(shown)
    assert (
        "missing_integration 5\xa0% → 39\xa0% (8 of 148, 60 of 152). More than chance."
        in text.replace(" %", "\xa0%")
    )
    assert "Nothing else moved by more than chance." in text


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("", 14),
        ("?weight=mrr&period=12m&by=week", 14),
        ("?plan=Pro&reason=hard_to_use", 14),
        ("?reason=our_own", 15),  # whether the team has such a reason
    ],
)
def test_fifteen_queries_at_most(autumn, analyst, django_assert_num_queries, query, queries):
    Reason.objects.create(code="our_own", category="required_outcome", label="Our own")
    # Session, user, two of permissions, what waits for review, values for filters, the figures.
    with django_assert_num_queries(queries):
        page(analyst, query)


def test_queries_do_not_grow_with_the_figures(autumn, viewer, django_assert_num_queries):
    from analytics import rollups
    from tests.analytics.scenes import lost

    with django_assert_num_queries(13):
        page(viewer)
    for number in range(12):
        lost(on="2026-11-03", because="not_adopted", plan=f"Plan {number}", mrr="5.00")
    rollups.refresh()
    with django_assert_num_queries(13):
        page(viewer)


def test_strict_policy(autumn, analyst):
    response = page(analyst)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    body = response.content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<style", body)
    assert settings.STATIC_URL + "analytics/vendor/chart.umd.js" in body
