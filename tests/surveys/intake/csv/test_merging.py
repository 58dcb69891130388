"""Which subscription a nameless cancellation is about, and what counts as news."""

import datetime as dt

import pytest

from surveys.intake.csv.mapping import Nameless
from surveys.intake.csv.merging import is_news, nearest
from surveys.intake.csv.rows import CancellationFacts
from surveys.models import Cancellation, Subscription

DAY = dt.date(2024, 6, 30)


def subscription(name, started_on, ended_on=None):
    return Subscription(external_id=name, started_on=started_on, ended_on=ended_on)


def near(days):
    return DAY + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("subscriptions", "several_running", "expected"),
    [
        ([], "latest", None),
        ([("a", near(5)), ("b", near(-3))], "error", "b"),
        ([("a", near(3)), ("b", near(-3))], "error", "b"),
        ([("b", near(3)), ("a", near(3))], "error", "a"),
        ([("a", near(31))], "error", "a"),
        ([("a", near(32))], "latest", None),
        ([("a", near(5)), ("b", None)], "latest", "a"),
        ([("a", near(-99)), ("b", None)], "latest", "b"),
        ([("a", None), ("b", None)], "latest", "b"),
        ([("a", None)], "error", None),
    ],
)
def test_nearest(subscriptions, several_running, expected):
    several = [subscription(name, dt.date(2023, 1, 1), end) for name, end in subscriptions]
    found = nearest(several, DAY, Nameless(31, several_running))
    assert (found.external_id if found else None) == expected


def moment(day):
    return dt.datetime(2024, 6, day, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("known", "state_at", "expected"),
    [
        (None, 5, True),
        ({"requested_at": 5, "state_at": 5}, 5, True),
        ({"requested_at": 5, "state_at": 5}, 6, True),
        # Nothing has been heard since the request: the file corrects its date.
        ({"requested_at": 5, "state_at": 5}, 4, True),
        ({"requested_at": 5, "state_at": 9}, 8, False),
        ({"requested_at": 5, "state_at": 5, "reverted_at": 5}, 4, False),
        ({"requested_at": 5, "state_at": 9, "reverted_at": 9}, 8, False),
        ({"requested_at": 5, "state_at": 9, "reverted_at": 9}, 9, True),
    ],
)
def test_is_news(known, state_at, expected):
    row = Cancellation(**{name: moment(day) for name, day in known.items()}) if known else None
    facts = CancellationFacts(
        external_id="x",
        kind="voluntary",
        requested_at=moment(state_at),
        effective_on=None,
        state_at=moment(state_at),
    )
    assert is_news(row, facts) is expected
