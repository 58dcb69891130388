"""Unbroken spans and contractions, on plain objects: no database."""

import datetime as dt
from dataclasses import dataclass

import pytest

from surveys.intake.spans import contracted, unbroken_spans

TODAY = dt.date(2026, 6, 30)


@dataclass(frozen=True)
class Paying:
    name: str
    started_on: dt.date
    ended_on: dt.date | None
    is_paid: bool = True
    start_known: bool = True


def day(text):
    return dt.date.fromisoformat(f"2026-{text}") if text else None


def subscriptions(*spans):
    return [
        Paying(name, day(start), day(end))
        for name, (start, end) in zip("abcdef", spans, strict=False)
    ]


SPANS = [
    ("none", [], []),
    ("running", [("01-01", None)], [("01-01", None, "")]),
    ("ended", [("01-01", "03-01")], [("01-01", "03-01", "a")]),
    ("ends today", [("01-01", "06-30")], [("01-01", "06-30", "a")]),
    ("ends tomorrow", [("01-01", "07-01")], [("01-01", None, "")]),
    ("begins tomorrow", [("07-01", None)], []),
    ("ended on its first day", [("01-01", "01-01")], [("01-01", "01-01", "a")]),
    (
        "one day between is a break",
        [("01-01", "03-01"), ("03-02", "05-01")],
        [("01-01", "03-01", "a"), ("03-02", "05-01", "b")],
    ),
    ("no day between", [("01-01", "03-01"), ("03-01", None)], [("01-01", None, "")]),
    ("overlapping", [("01-01", "03-01"), ("02-01", "05-01")], [("01-01", "05-01", "b")]),
    ("one inside the other", [("01-01", "05-01"), ("02-01", "03-01")], [("01-01", "05-01", "a")]),
    ("both to the same end", [("01-01", "05-01"), ("02-01", "05-01")], [("01-01", "05-01", "ab")]),
    ("in any order", [("02-01", "05-01"), ("01-01", "03-01")], [("01-01", "05-01", "a")]),
    (
        "a chain of three",
        [("01-01", "02-01"), ("02-01", "03-01"), ("03-01", "04-01")],
        [("01-01", "04-01", "c")],
    ),
    (
        "back and gone again",
        [("01-01", "02-01"), ("04-01", "05-01")],
        [("01-01", "02-01", "a"), ("04-01", "05-01", "b")],
    ),
    (
        "back and running",
        [("01-01", "02-01"), ("04-01", None)],
        [("01-01", "02-01", "a"), ("04-01", None, "")],
    ),
    (
        "the end of one is still to come",
        [("01-01", "02-01"), ("01-15", "12-01")],
        [("01-01", None, "")],
    ),
]


@pytest.mark.parametrize(("case", "given", "expected"), SPANS, ids=[each[0] for each in SPANS])
def test_unbroken_spans(case, given, expected):
    found = [
        (span.started_on, span.ended_on, "".join(sorted(each.name for each in span.last)))
        for span in unbroken_spans(subscriptions(*given), TODAY)
    ]
    assert found == [(day(start), day(end), last) for start, end, last in expected]


CONTRACTIONS = [
    ("alone", [("01-01", "03-01")], ""),
    ("the other goes on", [("01-01", "03-01"), ("02-01", None)], "a"),
    ("the other goes on for a while", [("01-01", "03-01"), ("02-01", "05-01")], "a"),
    ("the other's end is still to come", [("01-01", "03-01"), ("02-01", "12-01")], "a"),
    ("both to the same end", [("01-01", "03-01"), ("02-01", "03-01")], ""),
    ("replaced on the day", [("01-01", "03-01"), ("03-01", None)], ""),
    ("the other comes later", [("01-01", "03-01"), ("03-02", None)], ""),
    ("its own end is still to come", [("01-01", "12-01"), ("02-01", None)], ""),
    ("two of three", [("01-01", "03-01"), ("01-01", "04-01"), ("01-01", None)], "ab"),
]


@pytest.mark.parametrize(
    ("case", "given", "expected"), CONTRACTIONS, ids=[each[0] for each in CONTRACTIONS]
)
def test_contracted(case, given, expected):
    found = contracted(subscriptions(*given), TODAY)
    assert "".join(each.name for each in found) == expected
