import csv
import datetime as dt
import json
import re
from io import StringIO

import pytest

from analytics.rates import churn_rate
from tests.analytics.scenes import lost, pays
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db
PAGE = "/admin/churn-rates/"


@pytest.fixture
def year(db):
    for _ in range(18):
        pays(since="2025-01-01", mrr="10.00")
    lost(on="2026-03-10", mrr="10.00")
    lost(on="2026-10-10", mrr="20.00", plan="Pro")


def test_rates_are_those_of_the_command(year, viewer):
    response = viewer.get(PAGE)
    figures = churn_rate(first=dt.date(2025, 11, 1), last=dt.date(2026, 11, 21), by="month")
    assert [line["at_start"] for line in response.context["lines"]] == [
        f"{each.at_start}" for each in figures
    ]
    assert [line["rate"] for line in response.context["lines"]][4] == "5.0\xa0%"
    chart = json.loads(
        re.search(r'type="application/json">(.*?)</script>', response.content.decode())[1]
    )
    assert chart["series"][0]["values"][4] == 5.0


def test_says_what_a_rate_makes_of_a_year(year, viewer):
    # 2 lost of 13 months with 20, 19 and 18 at their starts, the last month two thirds over.
    [average, half] = viewer.get(PAGE).context["meaning"]
    assert "0.8\xa0% of customers leave in a month" in average
    assert "9\xa0% of those" in average
    assert "5\xa0% of them" in half


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("?by=quarter", "1 October to 31 December 2025", 5),
        ("?by=year", "1 January to 31 December 2025", 2),
        ("?from=2026-01-15&to=2026-02-10", "15 January to 31 January 2026", 2),
        ("?by=week", "1 November to 30 November 2025", 13),
    ],
)
def test_periods(year, viewer, query, first, count):
    lines = viewer.get(PAGE + query).context["lines"]
    assert (lines[0]["label"], len(lines)) == (first, count)


def test_by_mrr(year, viewer):
    response = viewer.get(PAGE + "?weight=mrr")
    assert response.context["lines"][11]["mrr_rate"] == "10.0\xa0%"
    assert "10.0" in response.content.decode()


def test_csv(year, viewer):
    response = viewer.get(PAGE + "?format=csv&by=year")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    [before, now] = csv.DictReader(StringIO(text))
    assert (before["start"], before["lost"]) == ("2025-01-01", "0")
    assert (now["at_start"], now["lost"], now["mrr_lost"]) == ("20", "2", "30.00")


def test_trials_have_no_rate(year, viewer):
    assert viewer.get(PAGE + "?trial=yes").status_code == 400


@pytest.mark.parametrize(("permission", "status"), [("surveys.view_customer", 403)])
def test_who_may_see(year, permission, status):
    assert logged_in(staff(permission)).get(PAGE).status_code == status


def test_queries(year, viewer, django_assert_num_queries):
    with django_assert_num_queries(9):
        viewer.get(PAGE)
