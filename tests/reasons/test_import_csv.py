"""The command: from a file to customers, losses and counted reasons, and what it says about it."""

import collections
import csv
import datetime as dt
import io
import json
import subprocess
import sys
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from reasons.defaults import install_defaults, install_taxonomy
from reasons.models import Classification, ProviderMapping, Reading, Source
from surveys.models import (
    Cancellation,
    Contraction,
    Customer,
    Invitation,
    Loss,
    PaidSpan,
    Subscription,
)
from tests.conftest import SHARED_DATA
from tests.surveys.intake.csv.test_mapping import EXAMPLES

needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.exists(), reason=f"the public tables are not at {SHARED_DATA}"
)


def import_csv(kind, path, **options):
    """(summary, lines on standard error) of one run."""
    out, err = io.StringIO(), io.StringIO()
    call_command("import_csv", kind, str(path), stdout=out, stderr=err, **options)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1, "standard output carries the result alone"
    return json.loads(lines[0]), err.getvalue()


def summary(**counts):
    zero = dict.fromkeys(("created", "updated", "unchanged", "skipped", "errors"), 0)
    return {"rows": sum(counts.values()), **zero, **counts}


def primary_reasons(**filters):
    rows = Classification.objects.primary().filter(**filters)
    return collections.Counter(rows.values_list("reason__code", flat=True))


@pytest.fixture
def taxonomy(db):
    install_taxonomy()


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


MAPPING = """
source = "shop"
[customer]
external_id = "id"
[subscription]
external_id = "id"
started_on = { column = "since", format = "%d.%m.%Y" }
mrr = "price"
currency = { value = "USD" }
[cancellation]
when = { column = "left" }
external_id = "id"
effective_on = { column = "left", format = "%d.%m.%Y" }
provider_reason = "why"
[reasons]
"too slow" = "performance"
"too dear" = "price_unprobed"
"no idea" = ""
"""
TABLE = """id;since;price;left;why
a;31.01.2023;49.90;30.06.2023;too slow
b;31.01.2023;49.90;;
c;31.01.2023;49.90;30.06.2023;too dear
d;31.01.2023;49.90;30.06.2023;no idea
"""


@pytest.fixture
def files(written):
    return written("in.csv", TABLE), written("m.toml", MAPPING)


@pytest.mark.django_db
def test_right_after_the_command_everything_is_counted(taxonomy, files):
    path, mapping = files
    found, said = import_csv("customers", path, mapping=mapping)
    assert found == summary(created=4)
    assert "4 customers, 4 subscriptions, 3 cancellations" in said
    assert Loss.objects.count() == 3
    assert PaidSpan.objects.filter(loss__isnull=True).count() == 1
    assert primary_reasons() == {"performance": 1, "price_unprobed": 1}
    assert set(Classification.objects.values_list("source", flat=True)) == {Source.IMPORT}
    assert Reading.objects.count() == 3
    loss = Loss.objects.get(customer__external_id="a")
    assert (loss.lost_on, loss.months, loss.mrr) == (dt.date(2023, 6, 30), 4, Decimal("49.90"))
    assert loss.cancellation == Cancellation.objects.get(provider_reason="too slow")
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_a_second_run_changes_nothing(taxonomy, files):
    path, mapping = files
    import_csv("customers", path, mapping=mapping)
    before = list(Classification.objects.values())
    found, said = import_csv("customers", path, mapping=mapping)
    assert found == summary(unchanged=4)
    assert list(Classification.objects.values()) == before
    assert "another reason" not in said


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["customers", "subscriptions", "cancellations"])
def test_the_same_lands_whatever_a_row_is_keyed_by(taxonomy, files, kind):
    path, mapping = files
    assert import_csv(kind, path, mapping=mapping)[0] == summary(created=4)
    assert (Customer.objects.count(), Loss.objects.count()) == (4, 3)


@pytest.mark.django_db
def test_a_reason_that_is_another_now_is_counted_anew_and_told(taxonomy, files, written):
    path, mapping = files
    import_csv("customers", path, mapping=mapping)
    changed = written("in.csv", TABLE.replace("too dear", "too slow"))
    found, said = import_csv("customers", changed, mapping=mapping)
    assert found == summary(updated=1, unchanged=3)
    assert "1 cancellation has another reason than before." in said
    assert primary_reasons() == {"performance": 2}


@pytest.mark.django_db
def test_a_text_that_means_something_else_now_is_counted_anew(taxonomy, files, written):
    path, mapping = files
    import_csv("customers", path, mapping=mapping)
    other = written("m.toml", MAPPING.replace('"performance"', '"bugs_or_reliability"'))
    assert import_csv("customers", path, mapping=other)[0] == summary(unchanged=4)
    assert primary_reasons() == {"bugs_or_reliability": 1, "price_unprobed": 1}


@pytest.mark.django_db
def test_what_an_interrupted_import_left_unread_is_read(taxonomy, files):
    path, mapping = files
    import_csv("customers", path, mapping=mapping)
    Classification.objects.all().delete()
    Reading.objects.all().delete()
    import_csv("customers", path, mapping=mapping)
    assert primary_reasons() == {"performance": 1, "price_unprobed": 1}


@pytest.mark.django_db
def test_a_dry_run_changes_nothing(taxonomy, files, tmp_path):
    path, mapping = files
    found, said = import_csv("customers", path, mapping=mapping, dry_run=True)
    assert found == summary(created=4)
    assert "nothing was changed" in said
    for model in (Customer, Subscription, Cancellation, Loss, ProviderMapping, Classification):
        assert not model.objects.exists()


BAD = b"""id;since;price;left;why
a;31.01.2023;49.90;30.06.2023;too slow
b;soon;49.90;;
;31.01.2023;49.90;;
d;31.01.2023;49.90;30.06.2023;caf\xe9
e;31.01.2023;49.90;;;;
f;31.01.2023;49.90;30.06.2023;something else
g;31.01.2023;-5;;
h;31.01.2023;49.90;30.06.2022;too slow
i;31.01.2023;49.90;30.06.2023;"unclosed
=cmd;31.01.2023;49.90;30.06.1700;too slow
k;31.01.2023;49.90;30.06.2023;too dear
;;;;
"""


@pytest.mark.django_db
def test_bad_rows_are_listed_and_good_rows_land(taxonomy, files, written, tmp_path):
    path, errors = written("bad.csv", BAD), tmp_path / "errors.csv"
    found, said = import_csv("customers", path, mapping=files[1], errors=errors)
    assert found == summary(created=2, skipped=1, errors=9)
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"a", "k"}
    with errors.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["line"], row["column"], row["found"]) for row in rows] == [
        ("2", "3", "since", '"soon"'),
        ("3", "4", "id", "nothing"),
        ("4", "5", "why", '"caf\\xe9"'),
        ("5", "6", "", "7 columns"),
        ("6", "7", "why", '"something else"'),
        ("7", "8", "price", '"-5"'),
        ("8", "9", "left", "2022-06-30"),
        ("9", "10", "", '"i;31.01.2023;49.90;30.06.2023;"unclosed"'),
        ("10", "11", "left", '"30.06.1700"'),
    ]
    assert all(row["expected"] for row in rows)
    assert rows[-1]["id"] == "'=cmd"
    assert 'Row 2: since: found "soon", expected a date' in said
    assert "9 rows were not taken in" in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "kind", "options", "message"),
    [
        ("id\n1\n", "responses", {}, "Responses cannot be imported yet"),
        ("", "customers", {}, "The file is empty."),
        ("a,A\n1,2\n", "customers", {}, 'names the column "A" twice'),
        ("name\nAda\n", "customers", {}, "external_id: missing"),
        ("id,since\n1,2\n", "customers", {"mapping": "m.toml"}, 'the file has no column "price"'),
        ("id\n1\n", "customers", {"mapping": "missing.toml"}, "cannot be read"),
        ("id\n1\n", "subscriptions", {"mapping": "wrong.toml"}, "is no code of a reason. Is it"),
        ("external_id\n\0\n", "customers", {}, "No row could be taken in."),
        ("external_id\n1\n", "customers", {"errors": "in.csv"}, "would overwrite"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    taxonomy, written, content, kind, options, message
):
    written("m.toml", MAPPING)
    written("wrong.toml", MAPPING.replace('"performance"', '"perfomance"'))
    path = written("in.csv", content)
    paths = {name: path.parent / value for name, value in options.items()}
    with pytest.raises(CommandError, match=message) as refused:
        import_csv(kind, path, **paths)
    assert "\n" not in str(refused.value)
    assert not Customer.objects.exists()
    assert not ProviderMapping.objects.exists()
    assert path.read_text() == content


@pytest.mark.django_db
def test_meanings_need_the_taxonomy(files):
    with pytest.raises(CommandError, match="setup_defaults"):
        import_csv("customers", files[0], mapping=files[1])


@pytest.mark.django_db
def test_a_file_without_rows(written):
    assert import_csv("customers", written("in.csv", "external_id,name\n"))[0] == summary()


@pytest.mark.django_db
def test_columns_that_are_no_fields_are_named(written):
    path = written("in.csv", "external_id,Colour\x1b[31m\nc1,red\n")
    found, said = import_csv("customers", path)
    assert found == summary(created=1)
    assert "left out: Colour\\x1b[31m." in said


@pytest.mark.django_db
def test_surveys_are_scheduled_when_asked_for(written):
    from surveys.default_surveys import install_default_surveys

    install_defaults()
    install_default_surveys()
    day = (timezone.now() - dt.timedelta(days=1)).date()
    header = "customer_external_id,customer_contact_email,subscription_external_id"
    path = written(
        "in.csv",
        f"{header},subscription_started_on,external_id,effective_on\n"
        f"c1,ada@example.com,s1,2020-01-01,x1,{day}\n",
    )
    import_csv("cancellations", path)
    assert not Invitation.objects.exists()
    import_csv("cancellations", path, invite=True)
    assert Invitation.objects.get().state == "scheduled"


def test_bad_input_exits_with_one_line(written):
    """As a person sees it: no traceback, a status that a script can test."""
    done = subprocess.run(
        [sys.executable, "manage.py", "import_csv", "responses", "x.csv", "--skip-checks"],
        capture_output=True, text=True, cwd=EXAMPLES.parents[2], check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Responses cannot be imported yet" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run(
        [sys.executable, "manage.py", "import_csv", "customers", "x.csv", "--as-of", "soon"],
        capture_output=True, text=True, cwd=EXAMPLES.parents[2], check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert '"soon" is no date' in done.stderr


AS_OF = "2022-06-30"


def telco(name, **options):
    return import_csv(
        "customers",
        SHARED_DATA / f"{name}.csv",
        mapping=EXAMPLES / f"{name}.toml",
        as_of=dt.date.fromisoformat(AS_OF),
        **options,
    )


def column_counts(name, column):
    with (SHARED_DATA / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        reader.fieldnames = [field.strip() for field in reader.fieldnames or ()]
        return collections.Counter(row[column] for row in reader if row[column])


def text_counts():
    rows = Cancellation.objects.values_list("provider_reason", flat=True)
    return collections.Counter(rows)


def leaves_of(texts):
    meanings = dict(
        ProviderMapping.objects.filter(source="telco").values_list(
            "provider_reason", "reason__code"
        )
    )
    leaves: collections.Counter[str] = collections.Counter()
    for text, count in texts.items():
        leaves[meanings[text]] += count
    return leaves


@needs_shared_data
@pytest.mark.django_db
def test_ibm_telco_then_maven(taxonomy):
    ibm = column_counts("ibm_telco_churn", "Churn Reason")
    assert telco("ibm_telco_churn")[0] == summary(created=7043)
    assert Customer.objects.count() == Subscription.objects.count() == 7043
    assert Loss.objects.counted().count() == 1869
    assert Loss.objects.values_list("lost_on", flat=True).distinct().get() == dt.date(2022, 6, 30)
    assert text_counts() == ibm
    assert len(ibm) == 20
    assert primary_reasons() == leaves_of(ibm)
    assert telco("ibm_telco_churn")[0] == summary(unchanged=7043)

    maven = column_counts("maven_telecom_churn", "Churnreason")
    found, said = telco("maven_telecom_churn")
    assert found["created"] == found["skipped"] == found["errors"] == 0
    assert found["rows"] == 7043
    assert found["updated"] >= 519
    assert "519 cancellations have another reason than before." in said
    assert Customer.objects.count() == Subscription.objects.count() == 7043
    assert Loss.objects.counted().count() == 1869
    assert text_counts() == maven
    assert primary_reasons() == leaves_of(maven)
    # What the first table knew of the 120 charges below zero is still known.
    assert not Subscription.objects.filter(mrr__isnull=True).exists()
    assert telco("maven_telecom_churn")[0] == summary(unchanged=7043)
    assert not Invitation.objects.exists()


@needs_shared_data
@pytest.mark.django_db
def test_maven_alone_has_120_unknown_charges(taxonomy):
    assert telco("maven_telecom_churn")[0] == summary(created=7043)
    assert Subscription.objects.filter(mrr__isnull=True).count() == 120
    # What is not known is no zero: they pay, and they are lost like the others.
    assert PaidSpan.objects.count() == 7043
    assert Loss.objects.counted().count() == 1869


@needs_shared_data
@pytest.mark.django_db
def test_telco_needs_the_day_it_describes(taxonomy):
    name = "ibm_telco_churn"
    with pytest.raises(CommandError, match=r"subscription.started_on: is counted from --as-of"):
        import_csv("customers", SHARED_DATA / f"{name}.csv", mapping=EXAMPLES / f"{name}.toml")


@needs_shared_data
@pytest.mark.django_db
def test_ravenstack_in_three_tables(taxonomy):
    def take_in(kind, name):
        path, mapping = SHARED_DATA / f"{name}.csv", EXAMPLES / f"{name}.toml"
        return import_csv(kind, path, mapping=mapping)[0]

    assert take_in("customers", "ravenstack_accounts") == summary(created=500)
    assert take_in("subscriptions", "ravenstack_subscriptions") == summary(created=5000)
    ended = set(Subscription.objects.filter(ended_on__isnull=False).values_list("pk", "ended_on"))
    assert len(ended) == 486
    assert Subscription.objects.filter(is_trial=True, mrr=0).count() == 778
    events = take_in("cancellations", "ravenstack_churn_events")
    assert events == summary(created=532, errors=68)
    assert Cancellation.objects.values("subscription").distinct().count() == 532
    # Ends that were known have not moved.
    assert ended <= set(Subscription.objects.values_list("pk", "ended_on"))
    assert Loss.objects.filter(cancellation__isnull=False).exists()
    assert Contraction.objects.filter(cancellation__isnull=False).exists()
    assert take_in("cancellations", "ravenstack_churn_events") == summary(unchanged=532, errors=68)
    assert take_in("subscriptions", "ravenstack_subscriptions") == summary(unchanged=5000)
