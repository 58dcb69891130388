"""The bulk writer: the same rows as the recorders make, in few queries, whatever is in the way."""

import csv
import datetime as dt
import random
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.intake.accounts import record_customer
from surveys.intake.csv import importing
from surveys.intake.csv.chunk import Chunk
from surveys.intake.csv.errors import Errors
from surveys.intake.csv.fields import KINDS, SECTIONS
from surveys.intake.csv.importing import Import
from surveys.intake.csv.known import Shelf
from surveys.intake.csv.mapping import canonical_mapping
from surveys.intake.csv.reading import Table
from surveys.intake.csv.rows import RowReader
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.recording import record_cancellation, record_reactivation
from surveys.models import (
    Cancellation,
    Contact,
    Contraction,
    Customer,
    ExchangeRate,
    Invitation,
    Loss,
    PaidSpan,
    Subscription,
    Suppression,
    address_digest,
)
from surveys.models.invitations import SuppressionReason
from surveys.signals import losses_changed

pytestmark = pytest.mark.django_db

HEADERS = {
    "customers": ["external_id", *(field.name for field in SECTIONS["customer"][1:])],
    "subscriptions": [
        *(f"customer_{field.name}" for field in SECTIONS["customer"]),
        *(field.name for field in SECTIONS["subscription"]),
    ],
    "cancellations": [
        *(f"customer_{field.name}" for field in SECTIONS["customer"]),
        *(f"subscription_{field.name}" for field in SECTIONS["subscription"]),
        *(field.name for field in SECTIONS["cancellation"]),
    ],
}


def run(tmp_path, kind, rows, **options):
    """Import dicts as a file with the fields' own names; the import that ran, and its errors."""
    path = tmp_path / "in.csv"
    header = [name for name in HEADERS[kind] if any(name in row for row in rows)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    with Table(path) as table, Errors(None) as errors:
        mapping, ignored = canonical_mapping(table.header, kind)
        assert not ignored
        done = Import(
            table=table,
            reader=RowReader(mapping, table.header),
            errors=errors,
            source="csv",
            keyed_by=KINDS[kind],
            nameless=mapping.nameless,
            **options,
        )
        done.run()
    return done


def counts(done):
    return {name: number for name, number in done.summary.as_dict().items() if number}


IGNORED = {"id", "created_at", "updated_at", "loss_id", "cancellation_id", "contact_id"}


def world():
    """Every row of every table that intake writes, without numbers and times of ours."""
    names: dict = dict(Customer.objects.values_list("pk", "external_id"))
    subscriptions: dict = dict(Subscription.objects.values_list("pk", "external_id"))
    cancellations: dict = dict(Cancellation.objects.values_list("pk", "external_id"))
    emails: dict = dict(Contact.objects.values_list("pk", "email"))
    found = {}
    for model in (
        Customer, Contact, Subscription, Cancellation, Loss, Contraction, PaidSpan,
    ):  # fmt: skip
        rows = []
        for values in model.objects.values():
            row = {name: value for name, value in values.items() if name not in IGNORED}
            row["customer_id"] = names.get(values.get("customer_id"))
            row["subscription_id"] = subscriptions.get(values.get("subscription_id"))
            row["cancellation"] = cancellations.get(values.get("cancellation_id"))
            row["contact"] = emails.get(values.get("contact_id"))
            row["has_loss"] = values.get("loss_id") is not None
            rows.append(row)
        found[model.__name__] = sorted(rows, key=repr)
    return found


def made_up_rows(chance, count, *, contradictory=True):
    """Cancellations with everything a row can say, repeated and out of order.

    ``contradictory``: what is said twice may differ; else it is the same or left out.
    """
    rows = []
    for _ in range(count):
        who = chance.randint(1, 12)
        which = who * 10 + chance.randint(0, 2)
        is_trial = which % 5 == 0

        def one_of(*options, of=who):
            options = options if contradictory else (options[of % len(options)],)
            return chance.choice(["", *options])

        started = dt.date(2022, 1, 1) + dt.timedelta(days=4 * which)
        requested = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
            days=which % 50 + chance.choice([0, 0, 5, 9])
        )
        rows.append(
            {
                "customer_external_id": f"cus_{who}",
                "customer_name": one_of("Ada", "Bo"),
                "customer_plan": one_of("Team", "Solo"),
                "customer_segment": one_of("small"),
                "customer_ideal": one_of("yes", "no"),
                "customer_contact_email": chance.choice(
                    ["", f"a{who}@example.com", f"b{who}@example.com", "gone@example.com"]
                ),
                "customer_contact_name": chance.choice(["", "Ada L."]),
                "subscription_external_id": f"sub_{which}",
                "subscription_plan": one_of("Team", "Solo"),
                "subscription_billing_interval": one_of("month", "year", of=which),
                "subscription_mrr": one_of("0") if is_trial else one_of("49.90", "120", of=which),
                "subscription_currency": ["USD", "EUR", "JPY"][which % 3],
                "subscription_started_on": started.isoformat(),
                "subscription_is_trial": "yes" if is_trial else chance.choice(["", "no"]),
                "external_id": f"can_{which}",
                "kind": chance.choice(["voluntary", "voluntary", "involuntary", "administrative"]),
                "requested_at": requested.isoformat(),
                "effective_on": (requested.date() + dt.timedelta(days=which % 30)).isoformat(),
                "state_at": (requested + dt.timedelta(days=chance.choice([1, 1, 8]))).isoformat(),
                "provider_reason": chance.choice(["", "too dear", "moved"]),
                "provider_comment": chance.choice(["", "bye"]),
            }
        )
    return rows


def record(row):
    """The same row through the recorder that takes one event at a time."""
    said = {name: value for name, value in row.items() if value}
    customer = {name[9:]: v for name, v in said.items() if name.startswith("customer_")}
    subscription = {name[13:]: v for name, v in said.items() if name.startswith("subscription_")}
    yes_or_no = {"yes": True, "no": False}
    if "ideal" in customer:
        customer["ideal"] = yes_or_no[customer["ideal"]]
    if "is_trial" in subscription:
        subscription["is_trial"] = yes_or_no[subscription["is_trial"]]
    if "mrr" in subscription:
        subscription["mrr"] = Decimal(subscription["mrr"])
    subscription["started_on"] = dt.date.fromisoformat(subscription["started_on"])
    record_cancellation(
        source="csv",
        external_id=row["external_id"],
        customer=CustomerFacts(**customer),
        subscription=SubscriptionFacts(**subscription),
        kind=row["kind"],
        requested_at=dt.datetime.fromisoformat(row["requested_at"]),
        effective_on=dt.date.fromisoformat(row["effective_on"]),
        state_at=dt.datetime.fromisoformat(row["state_at"]),
        provider_reason=row["provider_reason"],
        provider_comment=row["provider_comment"],
        invite=False,
    )


def prepare():
    """What was there before: a rate, an erased address, an erased customer, one taken back."""
    ExchangeRate.objects.create(
        currency="EUR", valid_from=dt.date(2022, 3, 1), rate=Decimal("1.25")
    )
    Suppression.objects.create(
        digest=address_digest("gone@example.com"), reason=SuppressionReason.ERASED
    )
    Customer.objects.create(external_id="cus_1", erased_at=timezone.now())
    record_customer(facts=CustomerFacts(external_id="cus_2", contact_email="old@example.com"))
    record_reactivation(
        source="csv",
        external_id="can_31",
        state_at=dt.datetime(2024, 3, 1, tzinfo=dt.UTC),
        customer=CustomerFacts(external_id="cus_3"),
        subscription=SubscriptionFacts(external_id="sub_31", started_on=dt.date(2023, 1, 1)),
    )


def without_frozen_facts(found):
    """Of a loss what does not depend on when it was first looked at."""
    kept = {"customer_id", "subscription_id", "cancellation", "kind", "months", "lost_on",
            "span_started_on", "contracted_on", "not_converted"}  # fmt: skip
    for name in ("Loss", "Contraction"):
        rows = [{key: row[key] for key in row.keys() & kept} for row in found[name]]
        found[name] = sorted(rows, key=lambda row: sorted(map(str, row.items())))
    return found


@pytest.mark.parametrize("contradictory", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_rows_are_those_that_the_recorders_make(tmp_path, seed, contradictory, monkeypatch):
    # Small chunks, so that a customer is met again within a chunk and in a later one.
    monkeypatch.setattr(importing, "CHUNK", 17)
    rows = made_up_rows(random.Random(seed), 60, contradictory=contradictory)
    prepare()
    with transaction.atomic():
        for row in rows:
            record(row)
        expected = world()
        transaction.set_rollback(True)
    done = run(tmp_path, "cancellations", rows)
    assert done.errors.first == []
    found = world()
    if contradictory:
        # Facts are frozen when a loss is first seen: after each row there, after a chunk here.
        found, expected = without_frozen_facts(found), without_frozen_facts(expected)
    assert found == expected
    assert expected["Loss"]
    assert expected["Contraction"]


def test_a_second_run_changes_nothing(tmp_path):
    rows = made_up_rows(random.Random(9), 80)
    # The last word on each cancellation alone: a file that contradicts itself changes its mind.
    rows = list({row["external_id"]: row for row in rows}.values())
    rows = list({row["customer_external_id"]: row for row in rows}.values())
    first = run(tmp_path, "cancellations", rows)
    assert counts(first) == {"rows": len(rows), "created": len(rows)}
    before = world()
    heard = []

    def listen(**kwargs):
        heard.append(kwargs)

    losses_changed.connect(listen)
    try:
        second = run(tmp_path, "cancellations", rows)
    finally:
        losses_changed.disconnect(listen)
    assert counts(second) == {"rows": len(rows), "unchanged": len(rows)}
    assert world() == before
    assert heard == []


ROW = {
    "customer_external_id": "c1",
    "subscription_external_id": "s1",
    "subscription_started_on": "2023-01-31",
    "external_id": "x1",
    "requested_at": "2024-01-10T12:00:00+00:00",
    "effective_on": "2024-01-31",
}


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (ROW, "unchanged"),
        ({**ROW, "customer_plan": "Team"}, "updated"),
        ({**ROW, "subscription_mrr": "5", "subscription_currency": "USD"}, "updated"),
        ({**ROW, "provider_reason": "moved"}, "updated"),
        ({**ROW, "requested_at": "2024-01-09T12:00:00+00:00"}, "updated"),
        ({**ROW, "effective_on": "2024-01-30"}, "updated"),
        ({**ROW, "external_id": "x2", "subscription_external_id": "s2"}, "created"),
        ({**ROW, "external_id": "x2"}, "created"),
        ({**ROW, "customer_external_id": "c2"}, "errors"),
        ({**ROW, "subscription_external_id": "s2"}, "errors"),
        ({**ROW, "external_id": "x2", "customer_external_id": "c2"}, "errors"),
        ({**ROW, "effective_on": "2023-01-30"}, "errors"),
        ({**ROW, "subscription_started_on": "2024-02-01"}, "errors"),
        (
            {**ROW, "external_id": "x2", "subscription_external_id": "s2",
             "subscription_started_on": ""},
            "errors",
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_a_row(tmp_path, row, outcome):
    run(tmp_path, "cancellations", [ROW])
    before = world()
    done = run(tmp_path, "cancellations", [row])
    assert counts(done) == {"rows": 1, outcome: 1}
    assert (world() == before) is (outcome in ("unchanged", "errors"))


def test_a_bad_row_changes_nothing_of_what_it_names(tmp_path):
    run(tmp_path, "cancellations", [ROW])
    bad = {**ROW, "customer_plan": "Changed", "external_id": "x9", "effective_on": "2022-01-01"}
    good = {**ROW, "customer_external_id": "c2", "external_id": "x2",
            "subscription_external_id": "s2", "customer_plan": "Team"}  # fmt: skip
    done = run(tmp_path, "cancellations", [bad, good])
    assert counts(done) == {"rows": 2, "created": 1, "errors": 1}
    assert dict(Customer.objects.values_list("external_id", "plan")) == {"c1": "", "c2": "Team"}


def test_contradictions_within_a_file_end_with_its_last_word(tmp_path):
    rows = [{"external_id": "c1", "plan": "Solo"}, {"external_id": "c1", "plan": "Team"}]
    assert counts(run(tmp_path, "customers", rows)) == {"rows": 2, "created": 1, "updated": 1}
    assert Customer.objects.get().plan == "Team"


def test_the_primary_contact_changes_hands(tmp_path):
    def contacts():
        return dict(Contact.objects.values_list("email", "is_primary"))

    run(tmp_path, "customers", [{"external_id": "c1", "contact_email": "A@example.com"}])
    assert contacts() == {"a@example.com": True}
    run(tmp_path, "customers", [{"external_id": "c1", "contact_email": "b@example.com"}])
    assert contacts() == {"a@example.com": False, "b@example.com": True}
    run(tmp_path, "customers", [{"external_id": "c1", "contact_email": "a@example.com"}])
    assert contacts() == {"a@example.com": True, "b@example.com": False}


NAMELESS = {
    "customer_external_id": "c1", "external_id": "x1", "requested_at": "2024-01-10T00:00:00+00:00"
}  # fmt: skip


def subscribed(tmp_path, *spans):
    rows = [
        {"customer_external_id": "c1", "external_id": name, "started_on": began, "ended_on": ended}
        for name, began, ended in spans
    ]
    run(tmp_path, "subscriptions", rows)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("s1", "2023-01-01", "")], ("s1", "2024-01-10")),
        ([("s1", "2023-01-01", "2024-12-31")], ("s1", "2024-12-31")),
        ([("s1", "2023-01-01", "2024-01-31"), ("s2", "2023-01-01", "")], ("s1", "2024-01-31")),
        ([("s1", "2023-01-01", ""), ("s2", "2023-01-01", "")], None),
        ([("s1", "2024-02-01", "")], None),
        ([], None),
    ],
)
def test_a_cancellation_that_names_no_subscription_finds_it(tmp_path, spans, expected):
    if spans:
        subscribed(tmp_path, *spans)
    done = run(tmp_path, "cancellations", [NAMELESS])
    if expected is None:
        assert counts(done) == {"rows": 1, "errors": 1}
        assert not Cancellation.objects.exists()
        return
    cancellation = Cancellation.objects.get()
    assert (
        cancellation.subscription.external_id,
        cancellation.effective_on.isoformat(),
    ) == expected
    assert cancellation.subscription.ended_on == cancellation.effective_on
    assert counts(run(tmp_path, "cancellations", [NAMELESS])) == {"rows": 1, "unchanged": 1}


def test_two_nameless_cancellations_are_about_two_subscriptions(tmp_path):
    subscribed(
        tmp_path,
        ("s1", "2023-01-01", "2024-01-12"),
        ("s2", "2023-01-01", "2024-01-20"),
        ("s3", "2023-01-01", ""),
    )
    rows = [{**NAMELESS, "external_id": name} for name in ("x1", "x2", "x3")]
    for outcome in ("created", "unchanged"):
        assert counts(run(tmp_path, "cancellations", rows)) == {"rows": 3, outcome: 2, "errors": 1}
    found = Cancellation.objects.values_list("external_id", "subscription__external_id")
    assert dict(found) == {"x1": "s1", "x2": "s2"}


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 7)
    rows = made_up_rows(random.Random(1), 40)
    before = world()
    dry = run(tmp_path, "cancellations", rows, dry_run=True, invite=True)
    assert world() == before
    wet = run(tmp_path, "cancellations", rows)
    assert dry.summary == wet.summary
    assert dry.tally == wet.tally


def test_rows_that_somebody_else_has_just_written_are_merged(tmp_path, monkeypatch):
    """A customer appears between our looking and our writing: the constraint settles it."""
    write = Shelf.write
    written: list[Customer] = []

    def late(shelf):
        if shelf.model is Customer and not written:
            written.append(Customer(external_id="c1", name="Ada"))
            raise IntegrityError("duplicate key")
        write(shelf)

    monkeypatch.setattr(Shelf, "write", late)
    take_in = Import._take_in

    def after_the_other(self, rows):
        if written and not Customer.objects.exists():
            written[0].save()
        take_in(self, rows)

    monkeypatch.setattr(Import, "_take_in", after_the_other)
    rows = [{"external_id": "c1", "plan": "Team"}, {"external_id": "c2", "plan": "Solo"}]
    assert counts(run(tmp_path, "customers", rows)) == {"rows": 2, "created": 1, "updated": 1}
    assert list(Customer.objects.values_list("external_id", "name", "plan")) == [
        ("c1", "Ada", "Team"),
        ("c2", "", "Solo"),
    ]


def test_what_the_database_refuses_is_an_error_of_its_row_alone(tmp_path, monkeypatch):
    write = Chunk.write

    def refuse(chunk, **options):
        if any(row.external_id == "bad" for row in chunk._known.customers.added):
            raise IntegrityError("CHECK constraint failed")
        write(chunk, **options)

    monkeypatch.setattr(Chunk, "write", refuse)
    rows = [{"external_id": name} for name in ("c1", "bad", "c2")]
    done = run(tmp_path, "customers", rows)
    assert counts(done) == {"rows": 3, "created": 2, "errors": 1}
    assert done.errors.first[0][0] == 2
    assert "CHECK constraint failed" in str(done.errors.first[0][1])


def test_queries_do_not_grow_with_the_rows(tmp_path):
    def queries(count, base):
        rows = [
            {**ROW, "customer_external_id": f"c{base + n}", "external_id": f"x{base + n}",
             "subscription_external_id": f"s{base + n}",
             "customer_contact_email": f"p{base + n}@example.com"}
            for n in range(count)
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            run(tmp_path, "cancellations", rows)
        return len(captured)

    assert queries(40, 0) <= 40
    assert queries(40, 100) == queries(20, 200)


@pytest.mark.parametrize(("days_ago", "state"), [(1, "scheduled"), (30, "withheld")])
def test_surveys_go_out_only_when_asked_for_and_never_for_history(tmp_path, days_ago, state):
    from tests.factories.surveys import published_version

    published_version("exit")
    requested = timezone.now() - dt.timedelta(days=days_ago)
    row = {
        **ROW,
        "requested_at": requested.isoformat(),
        "effective_on": requested.date().isoformat(),
        "customer_contact_email": "ada@example.com",
    }
    run(tmp_path, "cancellations", [row])
    assert not Invitation.objects.exists()
    for _ in range(2):
        run(tmp_path, "cancellations", [row], invite=True)
        assert Invitation.objects.get().state == state
