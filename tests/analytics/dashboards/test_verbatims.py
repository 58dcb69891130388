import csv
import html
import re
from io import StringIO

import pytest
from django.urls import reverse

from analytics import rollups
from analytics.breakdown import breakdown
from analytics.dashboards.screen import Screen
from analytics.dashboards.verbatims import leavings
from surveys.models import Customer, Response
from tests.analytics.dashboards.conftest import XSS
from tests.analytics.scenes import leaves, lost, pays, says
from tests.factories.reasons import answered
from tests.factories.users import logged_in, of_role, staff

pytestmark = pytest.mark.django_db
PAGE = "/admin/verbatims/"
CHOSEN = ["Something was missing or didn’t work", "A connection to another tool"]


def page(client, query=""):
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return response


def shown(response):
    return [leaving for leaving, *_rest in response.context["leavings"]]


def body(response):
    return response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "plan=Pro",
        "reason=hard_to_use",
        "reason=unknown",
        "category=unresolved",
        "category=unknown",
        "category=required_outcome&category=circumstances",
        "country=US&kind=voluntary",
        "life_stage=late",
        "unit=cancellations",
        "unit=cancellations&reason=hard_to_use&plan=Team",
        "perspective=internal",
        "trial=yes",
        "from=2026-05-01&to=2026-08-21",
    ],
)
def test_shows_exactly_those_that_are_counted(autumn, query):
    from django.http import QueryDict

    from surveys.calendar import today

    rollups.refresh()
    screen = Screen.from_query(QueryDict(query), today=today())
    counted = breakdown(
        first=screen.first,
        last=screen.last,
        by="year",
        filters=screen.filters,
        unit=screen.unit,
        perspective=screen.perspective,
    )
    assert leavings(screen).count() == sum(period.lost for period in counted.periods)


def test_verbatim_with_its_evidence_choices_and_source(spoken, analyst):
    response = page(analyst, "?said=yes")
    [leaving] = shown(response)
    assert leaving.chosen == CHOSEN
    assert [piece.text for said in leaving.said for piece in said.pieces if piece.is_evidence] == [
        "never"
    ]
    text = body(response)
    assert "<mark>never</mark>" in text
    assert reverse("admin:reasons_cancellation_correct", args=[spoken.pk]) in text


def test_what_a_customer_wrote_is_inert(spoken, analyst):
    text = body(page(analyst, "?said=yes"))
    assert "<script>alert(1)" not in text
    assert html.escape(XSS) in text
    text = body(page(analyst, "?country=US"))
    assert "<script>alert(1)" not in text


def test_only_those_who_wrote_something(spoken, analyst):
    assert len(shown(page(analyst))) == 11
    assert len(shown(page(analyst, "?said=yes"))) == 1


def test_a_comment_that_came_in_is_shown_and_marked(autumn, analyst):
    comment = {"provider_comment": "Far too slow for us"}
    cancellation = lost(on="2026-11-10", because="performance", plan="Solo", further=comment)
    cancellation.classifications.update(evidence_start=0, evidence_end=12)
    [leaving] = shown(page(analyst, "?plan=Solo&said=yes"))
    assert [piece.text for piece in leaving.said[0].pieces] == ["Far too slow", " for us"]


def test_test_responses_stay_out(autumn, analyst):
    cancellation = lost(on="2026-11-10", plan="Solo")
    answered(cancellation, reason=["price"], stuck="only trying")
    Response.objects.update(is_test=True)
    [leaving] = shown(page(analyst, "?plan=Solo"))
    assert (leaving.said, leaving.chosen) == ([], [])
    assert shown(page(analyst, "?plan=Solo&said=yes")) == []


def test_test_customers_stay_out(autumn, analyst):
    lost(on="2026-11-10", plan="Solo", is_test=True)
    assert shown(page(analyst, "?plan=Solo")) == []


def test_a_correction_moves_the_customer_to_the_other_reason(autumn, analyst):
    cancellation = lost(on="2026-11-10", because="not_adopted", plan="Solo")
    says(cancellation, "performance")
    [leaving] = shown(page(analyst, "?plan=Solo&reason=performance"))
    assert [each.is_primary for each in leaving.reasons] == [True]
    assert shown(page(analyst, "?plan=Solo&reason=not_adopted")) == []


def test_a_loss_without_a_cancellation_is_listed(autumn, analyst):
    pays(since="2026-01-01", until="2026-11-05", plan="Solo")
    [leaving] = shown(page(analyst, "?plan=Solo"))
    assert (leaving.cancellation_id, leaving.primary) == (None, None)
    assert "Has not answered." in body(page(analyst, "?plan=Solo"))


def test_paged(autumn, analyst):
    for _ in range(30):
        lost(on="2026-11-10", plan="Solo")
    first = page(analyst, "?plan=Solo")
    assert len(shown(first)) == 25
    second = analyst.get(PAGE + first.context["page_urls"]["next"])
    assert len(shown(second)) == 5
    pages = [shown(first), shown(second)]
    assert len({each.customer for of in pages for each in of}) == 30


@pytest.mark.parametrize(
    ("query", "status"), [("?page=99", 404), ("?page=x", 404), ("?kind=x", 400)]
)
def test_what_is_not_there(autumn, analyst, query, status):
    assert analyst.get(PAGE + query).status_code == status


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("editor", 403), ("analyst", 200), ("administrator", 200)]
)
def test_who_may_read(spoken, role, status):
    client = logged_in(of_role(role))
    for query in ("", "?format=csv", "?said=yes&reason=missing_integration"):
        response = client.get(PAGE + query)
        assert response.status_code == status
        if status == 403:
            assert "warehouse" not in body(response)


def test_strangers_are_sent_to_log_in(client):
    response = client.get(PAGE)
    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_links_only_to_where_one_may_go(spoken):
    client = logged_in(staff("surveys.view_verbatims"))
    text = body(page(client, "?said=yes"))
    assert "/correct/" not in text
    assert "/admin/surveys/customer/" not in text


def test_csv_is_what_the_page_lists_and_makes_no_formulas(spoken, analyst):
    Customer.objects.filter(pk=spoken.customer_id).update(name="=cmd()")
    response = analyst.get(PAGE + "?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert len(rows) == 11
    [row] = [row for row in rows if row["said"]]
    assert row["customer"] == "'=cmd()"
    assert row["said"].startswith("It never spoke to our warehouse.")
    assert (row["date"], row["mrr"], row["category"]) == (
        "2026-11-02",
        "100.00",
        "required_outcome",
    )
    assert not re.search(r'(^|,)"?[=+@]', text, re.MULTILINE)


def test_queries_do_not_grow_with_the_rows(autumn, analyst, django_assert_num_queries):
    def asked():
        cancellation = lost(on="2026-11-10", because="not_adopted", plan="Solo")
        answered(cancellation, reason=["unused"], stuck="It was hard to begin.")

    asked()
    with django_assert_num_queries(12):
        page(analyst, "?plan=Solo")
    for _ in range(9):
        asked()
    with django_assert_num_queries(12):
        page(analyst, "?plan=Solo")


def test_cancellations_that_end_later_are_there_already(autumn, analyst):
    customer = pays(since="2026-01-01", plan="Solo")
    leaves(customer, on="2026-12-24", asked="2026-11-20")
    assert shown(page(analyst, "?plan=Solo")) == []
    assert len(shown(page(analyst, "?plan=Solo&unit=cancellations"))) == 1
