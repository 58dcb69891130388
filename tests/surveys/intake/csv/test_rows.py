"""A row of cells -> facts, or all that is wrong with it."""

import datetime as dt
import tomllib
from decimal import Decimal

import pytest

from surveys.intake.csv.mapping import parse_mapping
from surveys.intake.csv.problems import MappingError, RowRefusedError
from surveys.intake.csv.rows import RowReader

AS_OF = dt.date(2024, 6, 30)
HEADER = ["ID", "Plan", "Months", "Charge", "Left", "Reason", "Day", "End", "Mail"]
MAPPING = """
source = "s"
unknown = ["N/A"]
when = { column = "ID", is_not = ["total"] }
[customer]
external_id = "ID"
plan = { column = "Plan", values = { "Old" = "Legacy", "None" = "" }, otherwise = "keep" }
contact_email = "Mail"
[subscription]
external_id = { columns = ["ID", "Plan"], join = "-" }
mrr = { column = "Charge", negative = "unknown" }
currency = { value = "USD" }
started_on = { as_of = true, minus_months = "Months" }
ended_on = { column = "End", when = { column = "Left", is = "no" } }
[cancellation]
when = { column = "Left", is = ["yes", "y"] }
external_id = "ID"
requested_at = "Day"
provider_reason = "Reason"
"""


def reader(text=MAPPING, *, header=HEADER, as_of=AS_OF, known_reasons=None):
    mapping = parse_mapping(tomllib.loads(text), "customers")
    return RowReader(mapping, header, as_of=as_of, known_reasons=known_reasons)


def facts(text=MAPPING, **cells):
    row = [cells.get(name, "") for name in HEADER]
    return reader(text).facts(1, 2, row)


def problems(known_reasons=None, text=MAPPING, **cells):
    row = [cells.get(name, "") for name in HEADER]
    with pytest.raises(RowRefusedError) as refused:
        reader(text, known_reasons=known_reasons).facts(1, 2, row)
    return [(each.column, each.found) for each in refused.value.problems]


GOOD = {"ID": "c1", "Plan": "Team", "Months": "5", "Charge": "9.5"}


def test_a_row_says_what_its_mapping_makes_of_it():
    row = facts(**GOOD, Left="Y", Day="2024-06-01", Reason=" Too slow ")
    assert (row.customer.external_id, row.customer.plan) == ("c1", "Team")
    assert row.subscription.external_id == "c1-Team"
    assert (row.subscription.mrr, row.subscription.currency) == (Decimal("9.50"), "USD")
    assert row.subscription.started_on == dt.date(2024, 1, 30)
    assert row.subscription.ended_on is None
    assert row.cancellation.provider_reason == "Too slow"
    assert row.cancellation.requested_at == dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
    assert row.cancellation.effective_on == dt.date(2024, 6, 1)
    assert row.cancellation.state_at == row.cancellation.requested_at
    assert row.cancellation.kind == "voluntary"


@pytest.mark.parametrize(
    ("cells", "section", "name", "expected"),
    [
        ({"Plan": "old"}, "customer", "plan", "Legacy"),
        ({"Plan": "NONE"}, "customer", "plan", ""),
        ({"Charge": "-4"}, "subscription", "mrr", None),
        ({"Charge": "n/a"}, "subscription", "mrr", None),
        ({"Charge": "0"}, "subscription", "mrr", Decimal("0.00")),
        ({"Months": "0"}, "subscription", "started_on", AS_OF),
        ({"Left": "no", "End": "2024-05-01"}, "subscription", "ended_on", dt.date(2024, 5, 1)),
        ({"Left": "maybe", "End": "2024-05-01"}, "subscription", "ended_on", None),
        ({"Mail": "A@Example.com"}, "customer", "contact_email", "a@example.com"),
    ],
)
def test_rules_for_values(cells, section, name, expected):
    assert getattr(getattr(facts(**GOOD | cells), section), name) == expected


@pytest.mark.parametrize("cells", [{}, {"ID": "Total", "Plan": "x"}, {"Plan": "  "}])
def test_rows_that_are_left_out(cells):
    assert facts(**cells) is None


@pytest.mark.parametrize("left", ["no", "", "N/A"])
def test_a_section_applies_only_when_its_condition_holds(left):
    assert facts(**GOOD, Left=left, Day="nonsense").cancellation is None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"ID": ""}, [("ID", "nothing"), ("ID + Plan", "nothing")]),
        ({"Months": "five"}, [("Months", '"five"')]),
        ({"Months": "-1"}, [("Months", '"-1"')]),
        ({"Months": "99999999999999"}, [("Months", '"99999999999999"')]),
        ({"Months": "", "Charge": "?"}, [("Charge", '"?"'), ("Months", "nothing")]),
        ({"Left": "y", "Day": "2024-13-01"}, [("Day", '"2024-13-01"')]),
        ({"Left": "y"}, [("Day", "nothing")]),
        ({"Left": "y", "Day": "2020-01-01"}, [("Day", "2020-01-01")]),
        ({"Left": "no", "End": "2020-01-01"}, [("End", "2020-01-01")]),
        ({"Plan": "x" * 101}, [("Plan", '"' + "x" * 100 + '…"')]),
        ({"Mail": "nobody"}, [("Mail", '"nobody"')]),
    ],
)
def test_everything_that_is_wrong_is_said(cells, expected):
    assert problems(**GOOD | cells) == expected


def test_a_reason_that_nobody_has_mapped_is_an_error_where_meanings_are_given():
    row = {**GOOD, "Left": "y", "Day": "2024-06-01"}
    assert problems(known_reasons={"Slow"}, **row, Reason="slow") == [("Reason", '"slow"')]
    cells = [{**row, "Reason": ""}.get(name, "") for name in HEADER]
    assert reader(known_reasons={"Slow"}).facts(1, 2, cells).cancellation.provider_reason == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_of": None}, "subscription.started_on: is counted from --as-of"),
        ({"header": HEADER[1:]}, 'the file has no column "ID"'),
    ],
)
def test_a_mapping_that_does_not_fit_the_file(options, message):
    with pytest.raises(MappingError, match=message):
        reader(**options)


def test_header_names_are_matched_without_blanks_and_case():
    read = reader(header=[f" {name.upper()} " for name in HEADER])
    cells = [GOOD.get(name, "") for name in HEADER]
    assert read.facts(1, 2, cells).customer.external_id == "c1"


@pytest.mark.parametrize(
    ("section", "requested", "effective"),
    [
        ('requested_at = "Day"', dt.date(2024, 5, 2), dt.date(2024, 5, 2)),
        ('effective_on = "End"', dt.date(2024, 6, 9), dt.date(2024, 6, 9)),
        ('requested_at = "Day"\neffective_on = "End"', dt.date(2024, 5, 2), dt.date(2024, 6, 9)),
    ],
)
def test_the_request_and_the_end_stand_in_for_each_other(section, requested, effective):
    text = (
        'source = "s"\n[customer]\nexternal_id = "ID"\n[subscription]\nexternal_id = "ID"\n'
        f'[cancellation]\nexternal_id = "ID"\n{section}\n'
    )
    found = facts(text, ID="c1", Day="2024-05-02", End="2024-06-09").cancellation
    assert found.requested_at.date() == requested
    assert found.effective_on == effective


@pytest.mark.parametrize("currency", ["", "XYZ"])
def test_an_mrr_needs_a_currency_and_its_lack_is_said_once(currency):
    text = (
        'source = "s"\n[customer]\nexternal_id = "ID"\n[subscription]\nexternal_id = "ID"\n'
        'mrr = "Charge"\ncurrency = "Reason"\nstarted_on = "Day"\n'
    )
    row = {"ID": "c1", "Charge": "5", "Day": "2024-01-01", "Reason": currency}
    found = f'"{currency}"' if currency else "nothing"
    assert problems(text=text, **row) == [("Reason", found)]
    assert facts(text, **row | {"Charge": ""} | {"Reason": ""}).subscription.mrr is None


def test_an_empty_column_behind_several_ids_is_one_problem():
    text = MAPPING.replace('{ columns = ["ID", "Plan"], join = "-" }', '"ID"')
    assert problems(text=text, **{**GOOD, "ID": "", "Left": "y", "Day": "2024-06-01"}) == [
        ("ID", "nothing")
    ]


class TestWhenWithBoth:
    """``is`` and ``is_not``: what is in neither must not pass for the other."""

    TEXT = MAPPING.replace('is = ["yes", "y"] }', 'is = ["yes", "y"], is_not = "No" }')

    @pytest.mark.parametrize(("left", "applies"), [("YES", True), (" y", True), ("no", False)])
    def test_texts_that_are_named(self, left, applies):
        row = facts(self.TEXT, **GOOD, Left=left, Day="2024-06-01")
        assert (row.cancellation is not None) is applies

    @pytest.mark.parametrize(("left", "found"), [("Maybe", '"Maybe"'), ("", "nothing")])
    def test_any_other_text_is_an_error_beside_the_others(self, left, found):
        cells = {**GOOD, "Left": left, "Months": "x"}
        assert problems(text=self.TEXT, **cells) == [("Months", '"x"'), ("Left", found)]
