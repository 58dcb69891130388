"""What may be said of when a survey's mails go out."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from surveys.models import Survey


def survey(**options):
    return Survey(key="exit", name="Exit", moment="left", **options)


@pytest.mark.parametrize("days", [[], [1], [3, 7], [60] * 5])
def test_reminders_that_can_be(days):
    survey(reminder_days=days).clean()


@pytest.mark.parametrize(
    "days",
    [None, "3", 3, {"3": 7}, [0], [-1], [61], [1.5], ["3"], [True], [None], [1] * 6, [[3]]],
)
def test_reminders_that_cannot(days):
    with pytest.raises(ValidationError) as refused:
        survey(reminder_days=days).clean()
    assert list(refused.value.message_dict) == ["reminder_days"]


@pytest.mark.parametrize(
    ("opens", "closes", "wrong"),
    [
        (None, None, None),
        (9, 17, None),
        (9, None, "window_until"),
        (None, 17, "window_from"),
        (17, 9, "window_until"),
        (9, 9, "window_until"),
    ],
)
def test_a_window_has_both_ends_in_their_order(opens, closes, wrong):
    ends = {
        name: None if hour is None else dt.time(hour)
        for name, hour in (("window_from", opens), ("window_until", closes))
    }
    if wrong is None:
        survey(**ends).clean()
        return
    with pytest.raises(ValidationError) as refused:
        survey(**ends).clean()
    assert list(refused.value.message_dict) == [wrong]
