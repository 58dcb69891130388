import datetime as dt

import pytest
import time_machine

from surveys.funnel import (
    Cohort,
    Funnel,
    busiest_survey,
    count_funnel,
    grouped,
    total,
    weeks,
)
from surveys.models import Invitation
from tests.factories.surveys import (
    CancellationFactory,
    CustomerFactory,
    InvitationFactory,
    ResponseFactory,
    SubscriptionFactory,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)  # a Friday
TODAY = NOW.date()
WHOLE = Cohort(TODAY - dt.timedelta(days=60), TODAY)
STEPS = ("invited", "delivered", "opened", "started", "answered", "completed")


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def invited(**fields):
    return InvitationFactory(**fields)


def made_at(moment, **fields):
    invitation = invited(**fields)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=moment)
    return invitation


def counts(cohort=WHOLE):
    funnel = total(count_funnel(cohort))
    return {step: getattr(funnel, step) for step in (*STEPS, "withheld", "waiting")}


def response(**fields):
    return ResponseFactory(**{"started_at": NOW, **fields})


@pytest.mark.parametrize(
    ("fields", "reaches"),
    [
        ({"state": "sent"}, "delivered"),
        ({"state": "sent", "bounced_at": NOW}, "invited"),
        # Returned by one server and opened all the same: it did arrive.
        ({"state": "sent", "bounced_at": NOW, "opened_at": NOW}, "opened"),
        ({"state": "sent", "opened_at": NOW}, "opened"),
        ({"state": "offered", "sent_at": None, "channel": "link"}, "delivered"),
        ({"state": "uncertain", "sent_at": None}, "invited"),
        ({"state": "failed", "sent_at": None}, "invited"),
        ({"state": "scheduled", "sent_at": None}, "invited"),
        ({"state": "withheld", "sent_at": None}, ""),
        ({"state": "withdrawn", "sent_at": None}, ""),
        ({"state": "withdrawn", "sent_at": None, "opened_at": NOW}, "opened"),
    ],
)
def test_how_far_an_invitation_comes(fields, reaches):
    invited(**fields)
    expected = dict.fromkeys((*STEPS, "withheld", "waiting"), 0)
    if reaches:
        expected |= dict.fromkeys(STEPS[: STEPS.index(reaches) + 1], 1)
    expected["withheld"] = int(not reaches)
    expected["waiting"] = int(fields["state"] == "scheduled")
    assert counts() == expected


@pytest.mark.parametrize(
    ("fields", "reaches", "partial"),
    [
        ({"submitted_at": None, "unsent_at": NOW, "unsent": {"reason": "price"}}, "started", 1),
        ({"submitted_at": NOW}, "answered", 1),
        ({"submitted_at": NOW, "completed_at": NOW}, "completed", 0),
        # Made, and nothing in it.
        ({"submitted_at": None}, "delivered", 0),
    ],
)
def test_how_far_a_response_comes(fields, reaches, partial):
    response(**fields)
    reached = STEPS[: STEPS.index(reaches) + 1]
    assert [step for step in STEPS if counts()[step]] == list(reached)
    assert total(count_funnel(WHOLE)).partial == partial


def test_tests_never_count():
    response(is_test=True)
    customer = CustomerFactory(is_test=True)
    cancellation = CancellationFactory(subscription=SubscriptionFactory(customer=customer))
    response(invitation=InvitationFactory(cancellation=cancellation))
    assert set(counts().values()) == {0}
    assert not WHOLE.responses().exists()


def test_weeks_begin_on_monday_in_the_organisations_time(settings):
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    # Monday in UTC, Sunday evening in New York.
    made_at(dt.datetime(2026, 11, 16, 3, tzinfo=dt.UTC))
    made_at(dt.datetime(2026, 11, 16, 6, tzinfo=dt.UTC))
    found = grouped(count_funnel(WHOLE), lambda cell: cell.week)
    assert {week: funnel.invited for week, funnel in found.items()} == {
        dt.date(2026, 11, 9): 1,
        dt.date(2026, 11, 16): 1,
    }


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        (dt.datetime(2026, 11, 10, 0, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 11, 9, 23, 59, tzinfo=dt.UTC), False),
        (dt.datetime(2026, 11, 12, 23, 59, tzinfo=dt.UTC), True),
        (dt.datetime(2026, 11, 13, 0, tzinfo=dt.UTC), False),
    ],
)
def test_both_ends_of_the_period_are_included(moment, counted, settings):
    settings.ORGANISATION_TIME_ZONE = "UTC"
    made_at(moment)
    cohort = Cohort(dt.date(2026, 11, 10), dt.date(2026, 11, 12))
    assert bool(count_funnel(cohort)) is counted


def test_narrowed_by_survey_version_and_language():
    mine = invited(language="de")
    invited(language="en")
    InvitationFactory(for_intent=True, language="de")
    cells = count_funnel(WHOLE)
    narrow = Cohort(
        WHOLE.first, WHOLE.last, mine.survey_id, version_id=mine.survey_version_id, language="de"
    )
    assert total(cells).invited == 3
    assert total(cell for cell in cells if narrow.holds(cell)) == total(count_funnel(narrow))
    assert total(count_funnel(narrow)).invited == 1
    assert busiest_survey(cells) == mine.survey_id
    assert busiest_survey([]) is None


def test_one_query_however_many(django_assert_num_queries):
    for _ in range(4):
        response()
    with django_assert_num_queries(1):
        cells = count_funnel(WHOLE)
    assert total(cells) == Funnel(4, 4, 4, 4, 4, 0, 0, 0)


def test_weeks_between():
    assert weeks(dt.date(2026, 11, 4), dt.date(2026, 11, 16)) == [
        dt.date(2026, 11, 2),
        dt.date(2026, 11, 9),
        dt.date(2026, 11, 16),
    ]
