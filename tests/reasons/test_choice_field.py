"""The reason that a choice means, as the survey editor asks for it."""

import pytest

from reasons.choice_field import MeaningField
from reasons.defaults import install_defaults
from reasons.models import ChoiceMapping, Reason
from surveys import registries
from tests.factories.users import of_role, staff

pytestmark = pytest.mark.django_db
FIELD = MeaningField()


@pytest.fixture(autouse=True)
def taxonomy():
    install_defaults()


def pk(code):
    return str(Reason.objects.get(code=code).pk)


def test_it_is_registered_once():
    assert [type(field) for field in registries.choice_fields] == [MeaningField]


@pytest.mark.parametrize(
    ("role", "applies"),
    [("reason", True), ("probe", True), ("contributing", True), ("stuck", False), ("", False)],
)
def test_only_choices_that_tell_a_reason_have_it(role, applies):
    assert FIELD.applies_to(role) is applies


def test_reasons_in_use_stand_by_category_and_ambiguous_ones_say_so():
    Reason.objects.filter(code="performance").update(is_retired=True)
    choices = FIELD.form_field().choices
    assert choices[0][0] == ""
    by_category = {str(group): dict(reasons) for group, reasons in choices[1:]}
    assert by_category["Unresolved"][int(pk("price_unprobed"))].endswith("(needs a follow-up)")
    assert int(pk("performance")) not in by_category["Required outcome"]


def test_only_what_differs_is_written(django_assert_num_queries):
    values = FIELD.values("exit", "price_probe")
    assert values["budget_cut"] == pk("budget_or_cash_flow")
    assert FIELD.save(survey="exit", question="price_probe", values=values) == 0
    changed = {"budget_cut": pk("performance"), "new_one": pk("hard_to_use"), "way_charged": ""}
    assert FIELD.save(survey="exit", question="price_probe", values=changed) == 3
    after = FIELD.values("exit", "price_probe")
    assert after == {
        "budget_cut": pk("performance"),
        "new_one": pk("hard_to_use"),
        "not_enough_value": values["not_enough_value"],
        "cheaper_elsewhere": values["cheaper_elsewhere"],
    }
    # Another survey's choices of the same name keep theirs.
    assert FIELD.values("cancellation", "price_probe") == values
    with django_assert_num_queries(3):
        said = FIELD.in_words("exit")
    assert said["price_probe", "new_one"] == "Hard to use"


def test_a_reason_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no reason"):
        FIELD.save(survey="exit", question="price_probe", values={"budget_cut": "99999"})
    assert ChoiceMapping.objects.filter(survey_key="exit", choice_key="budget_cut").exists()


def test_who_may_change_it():
    assert FIELD.may_change(of_role("editor"))
    assert not FIELD.may_change(of_role("analyst"))
    assert not FIELD.may_change(staff("reasons.change_choicemapping"))
