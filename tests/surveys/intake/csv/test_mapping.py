"""The mapping language: what holds, and which key is named where it does not."""

import tomllib
from pathlib import Path

import pytest

from surveys.intake.csv.mapping import canonical_mapping, load_mapping, parse_mapping
from surveys.intake.csv.problems import MappingError

EXAMPLES = Path(__file__).resolve().parents[4] / "docs" / "examples" / "mappings"
BASE = 'source = "s"\n[customer]\nexternal_id = "ID"\n'
SUBSCRIPTION = '[subscription]\nexternal_id = "SID"\n'
CANCELLATION = '[cancellation]\nexternal_id = "CID"\nrequested_at = "Day"\n'


def parse(text, kind="customers"):
    return parse_mapping(tomllib.loads(text), kind)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_examples_hold(path):
    kind = "customers"
    if "subscriptions" in path.stem:
        kind = "subscriptions"
    if "churn_events" in path.stem:
        kind = "cancellations"
    mapping = load_mapping(path, kind)
    assert mapping.source
    assert mapping.columns()


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ('[customer]\nexternal_id = "ID"\n', "customers", "source: missing"),
        ('source = ""\n[customer]\nexternal_id = "ID"\n', "customers", "source: must be a text"),
        ('source = "s"\n', "customers", "customer.external_id: missing"),
        (BASE, "subscriptions", "subscription.external_id: missing"),
        (BASE, "cancellations", "cancellation.external_id: missing"),
        (
            BASE + 'plam = "Plan"\n',
            "customers",
            "customer.plam: is no key of a mapping. Is it plan?",
        ),
        (BASE + "[custmer]\n", "customers", "custmer: is no key"),
        (BASE + "plan = 3\n", "customers", "customer.plan: must name a column"),
        (BASE + "plan = { }\n", "customers", "customer.plan: say one of column"),
        (
            BASE + 'plan = { column = "A", value = "B" }\n',
            "customers",
            "customer.plan: say one of column",
        ),
        (
            BASE + 'plan = { column = "A", format = "%Y" }\n',
            "customers",
            "customer.plan.format: has no meaning here",
        ),
        (
            BASE + 'plan = { column = "A", otherwise = "keep" }\n',
            "customers",
            "customer.plan.otherwise: has no meaning here",
        ),
        (
            BASE + 'plan = { column = "A", values = { "x" = "1", "X" = "2" } }\n',
            "customers",
            "customer.plan.values.X: given twice",
        ),
        (
            BASE + SUBSCRIPTION + 'mrr = { column = "M", negative = "zero" }\ncurrency = "C"\n',
            "customers",
            'subscription.mrr.negative: must be one of "error", "unknown"',
        ),
        (
            BASE + SUBSCRIPTION + 'mrr = { column = "M", divide_by = 0 }\ncurrency = "C"\n',
            "customers",
            "subscription.mrr.divide_by: must be a number above 0",
        ),
        (
            BASE + SUBSCRIPTION + 'mrr = { column = "M", thousands = "." }\ncurrency = "C"\n',
            "customers",
            "subscription.mrr: thousands and decimal are the same",
        ),
        (BASE + SUBSCRIPTION + 'mrr = "M"\n', "customers", "subscription.currency: missing"),
        (BASE + '[subscription]\nplan = "P"\n', "customers", "subscription.external_id: missing"),
        (
            BASE + '[cancellation]\nexternal_id = "C"\n',
            "cancellations",
            "cancellation.requested_at: missing",
        ),
        (
            BASE + CANCELLATION + 'when = { is = "x" }\n',
            "cancellations",
            "cancellation.when: say a column",
        ),
        (
            BASE + CANCELLATION + 'when = { column = "L", is = ["Yes", "X"], is_not = "x" }\n',
            "cancellations",
            "cancellation.when: x cannot be both in is and in is_not",
        ),
        (
            BASE + CANCELLATION + "within_days = -1\n",
            "cancellations",
            "cancellation.within_days: must be a whole number",
        ),
        (BASE + 'when = { column = "A" }\n', "customers", "customer.when: is no key"),
        ('encoding = "klingon"\n' + BASE, "customers", 'encoding: "klingon" is not known'),
        ('encoding = "rot13"\n' + BASE, "customers", 'encoding: "rot13" is not known'),
        ('delimiter = "ab"\n' + BASE, "customers", "delimiter: must be one character"),
        (BASE + "[reasons]\n'x' = 3\n", "customers", "reasons.x: must be a text"),
    ],
)
def test_mistakes_name_their_key(text, kind, message):
    with pytest.raises(MappingError) as refused:
        parse(text, kind)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_toml(tmp_path):
    path = tmp_path / "m.toml"
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(path, "customers")
    for content in (b"source = \n", b'source = "\xff"\n'):
        path.write_bytes(content)
        with pytest.raises(MappingError, match="is no TOML"):
            load_mapping(path, "customers")


def test_every_column_is_known_with_the_key_that_names_it():
    mapping = parse(
        BASE
        + 'plan = { columns = ["A", "B"], when = { column = "W" } }\n'
        + SUBSCRIPTION
        + 'started_on = { as_of = true, minus_months = "T" }\n'
        + 'when = { column = "S", is_not = ["x", "y"] }\n'
    )
    assert mapping.columns() == {
        "ID": "customer.external_id",
        "A": "customer.plan",
        "B": "customer.plan",
        "W": "customer.plan.when",
        "SID": "subscription.external_id",
        "T": "subscription.started_on.minus_months",
        "S": "subscription.when",
    }
    assert mapping.needs_as_of == "subscription.started_on"


def test_defaults_reach_every_field_but_constants():
    mapping = parse(
        'unknown = ["N/A"]\ndate_format = "%d.%m.%Y"\ndecimal = ","\n'
        + BASE
        + SUBSCRIPTION
        + 'mrr = "M"\ncurrency = { value = "USD" }\nstarted_on = { value = 2024-01-31 }\n'
        + 'ended_on = { column = "E", unknown = "-" }\n'
    )
    cells = mapping.sections["subscription"].cells
    assert cells["mrr"].decimal == ","
    assert cells["started_on"].formats == ()
    assert cells["started_on"].constant == "2024-01-31"
    assert cells["ended_on"].formats == ("%d.%m.%Y",)
    assert cells["ended_on"].unknown == {"n/a", "-"}


def test_without_a_mapping_columns_bear_the_fields_names():
    header = ["External_ID", "customer_external_id", "started_on", "cancellation_kind", "Colour"]
    with pytest.raises(MappingError, match=r"^cancellation_external_id: missing"):
        canonical_mapping(header, "subscriptions")
    header = ["External_ID", "customer_external_id", "started_on", "customer_plan", "Colour"]
    mapping, ignored = canonical_mapping(header, "subscriptions")
    assert ignored == ["Colour"]
    assert {name: set(each.cells) for name, each in mapping.sections.items()} == {
        "customer": {"external_id", "plan"},
        "subscription": {"external_id", "started_on"},
    }
    assert mapping.source == "csv"


@pytest.mark.parametrize(
    ("kind", "header", "message"),
    [
        ("customers", ["name"], "external_id: missing"),
        ("subscriptions", ["external_id"], "customer_external_id: missing"),
        ("subscriptions", ["external_id", "customer_external_id", "mrr"], "currency: missing"),
        ("cancellations", ["external_id", "customer_external_id"], "requested_at: missing"),
        ("customers", ["external_id", "subscription_mrr"], "subscription_external_id: missing"),
    ],
)
def test_without_a_mapping_the_missing_column_is_named(kind, header, message):
    with pytest.raises(MappingError) as refused:
        canonical_mapping(header, kind)
    assert str(refused.value).startswith(message)
