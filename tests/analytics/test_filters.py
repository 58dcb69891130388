from dataclasses import fields
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from analytics.filters import CUSTOMER_KEYS, KEYS, LOSS_KEYS, FilterError, Filters
from analytics.models import ReasonCount
from reasons.models import Reason

ANY = {
    "plan": "Pro",
    "segment": "small & fine",
    "industry": "Handel=Food",
    "country": "中国",
    "billing_interval": "year",
    "life_stage": "early",
    "owner": "O'Hara, Ann",
    "ideal": "yes",
    "kind": "voluntary",
    "survey": "exit",
    "language": "zh-hans",
    "source": "stripe",
    "trial": "yes",
    "reason": "hard_to_use",
    "category": "circumstances",
    "provider_reason": "Competitor offered 50% off + more",
}


def test_the_keys_are_the_contracted_ones():
    assert set(KEYS) == set(ANY) == {*CUSTOMER_KEYS, *LOSS_KEYS, "trial"}
    assert not set(CUSTOMER_KEYS) & set(LOSS_KEYS)
    stored = {field.name for field in ReasonCount._meta.get_fields()}
    assert set(KEYS) <= stored
    assert tuple(field.name for field in fields(Filters)) == KEYS


@pytest.mark.parametrize(("key", "value"), ANY.items())
def test_each_key_is_parsed_and_comes_back_from_an_address(key, value):
    parsed = Filters.parse([f"{key}={value}"])
    assert getattr(parsed, key) == (value,)
    assert parsed.as_dict() == {key: [value]}
    assert Filters.from_query(urlencode(parsed.pairs())) == parsed


def test_a_repeated_key_means_any_of_its_values():
    parsed = Filters.parse(["plan=Pro", "country=DE", "plan=Team", "plan=Pro"])
    assert parsed.plan == ("Pro", "Team")
    assert urlencode(parsed.pairs()) == "plan=Pro&plan=Team&country=DE"
    assert Filters.from_query(urlencode(parsed.pairs())) == parsed


def test_all_together_come_back():
    parsed = Filters.parse(f"{key}={value}" for key, value in ANY.items())
    assert Filters.from_query(QueryDict(urlencode(parsed.pairs()))) == parsed


@pytest.mark.parametrize(
    ("pair", "key", "found", "expected"),
    [
        ("colour=red", "colour", "colour", "plan, segment"),
        ("plan", "plan", "plan", "key=value"),
        ("plan=", "plan", "", "unknown"),
        ("ideal=maybe", "ideal", "maybe", "yes, no, unknown"),
        ("kind=Voluntary", "kind", "Voluntary", "voluntary, involuntary"),
        ("life_stage=old", "life_stage", "old", "early, middle, late"),
        ("category=outcome", "category", "outcome", "required_outcome"),
        ("billing_interval=weekly", "billing_interval", "weekly", "month, year, other"),
        ("trial=maybe", "trial", "maybe", "yes, no"),
        ("plan=a\0b", "plan", r"'a\x00b'", "text"),
        ("plan=\ud800", "plan", r"'\ud800'", "text"),
    ],
)
def test_what_makes_no_sense_is_refused_with_key_found_and_expected(pair, key, found, expected):
    with pytest.raises(FilterError) as refused:
        Filters.parse([pair])
    assert (refused.value.key, refused.value.found) == (key, found)
    assert expected in refused.value.expected
    assert f"“{key}”" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.django_db
def test_a_reason_has_to_be_one():
    with pytest.raises(FilterError, match=r"missing_featur”.*missing_feature"):
        Filters.parse(["reason=missing_featur"])
    Reason.objects.create(code="our_own", category="circumstances", label="Our own")
    assert Filters.parse(["reason=our_own"]).reason == ("our_own",)


def test_starter_reasons_need_no_query(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        Filters.parse(["reason=hard_to_use", "reason=unknown", "plan=Pro"])


def test_a_form_s_empty_fields_restrict_nothing():
    assert Filters.from_query("plan=&country=+&trial=") == Filters()


def test_parameters_that_are_no_filters_have_to_be_named():
    query = "from=2026-01-01&plan=Pro"
    assert Filters.from_query(query, besides=["from"]) == Filters(plan=("Pro",))
    with pytest.raises(FilterError):
        Filters.from_query(query)


def test_replacing_leaves_the_rest_and_checks():
    filters = Filters(plan=("Pro",), country=("DE",))
    assert filters.replacing(plan=[], reason=["need_ended"]) == Filters(
        country=("DE",), reason=("need_ended",)
    )
    with pytest.raises(FilterError):
        filters.replacing(kind=["odd"])


ROWS = (
    {"plan": "Pro", "trial": "no"},
    {"plan": "", "trial": "no"},
    {"plan": "unknown", "trial": "no"},
    {"plan": "Pro", "trial": "yes"},
    {"plan": "Pro", "trial": "no", "ideal": "yes", "reason": "need_ended"},
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([], [0, 1, 2, 4]),
        (["trial=no"], [0, 1, 2, 4]),
        (["trial=yes"], [3]),
        (["trial=yes", "trial=no"], [0, 1, 2, 3, 4]),
        (["plan=Pro"], [0, 4]),
        (["plan=unknown"], [1, 2]),
        (["plan=Pro", "plan=unknown"], [0, 1, 2, 4]),
        (["plan=Pro", "ideal=yes"], [4]),
        (["ideal=unknown"], [0, 1, 2]),
        (["reason=unknown", "plan=Pro"], [0]),
        (["country=DE"], []),
    ],
)
def test_which_stored_counts_pass(pairs, found):
    made = [
        ReasonCount.objects.create(
            day="2026-03-05", unit="losses", perspective="stated", customers=1, **row
        ).pk
        for row in ROWS
    ]
    passing = ReasonCount.objects.filter(Filters.parse(pairs).as_q())
    assert set(passing.values_list("pk", flat=True)) == {made[at] for at in found}


def test_keys_can_be_picked_and_prefixed():
    condition = Filters(plan=("Pro",), reason=("need_ended",)).as_q(prefix="in_", keys=["plan"])
    assert condition.children == [("in_plan__in", ["Pro"])]
