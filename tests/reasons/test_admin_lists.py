"""Every list of this room asks no more for more rows."""

import pytest
from django.urls import reverse

from reasons.models import ChoiceMapping, ClassifierVersion, ProviderMapping, Reason
from tests.factories.reasons import ClassificationFactory, reason

pytestmark = pytest.mark.django_db


def make_classification(number):
    ClassificationFactory()


def make_reason(number):
    Reason.objects.create(
        code=f"reason_{number}", category="required_outcome", label=f"Reason {number}"
    )


def make_choice_mapping(number):
    ChoiceMapping.objects.create(
        survey_key="mine", question_key="why", choice_key=f"c{number}", reason=reason("need_ended")
    )


def make_provider_mapping(number):
    ProviderMapping.objects.create(
        source="mine", provider_reason=f"text {number}", reason=reason("need_ended")
    )


def make_model(number):
    ClassifierVersion.objects.create(number=number, arrays=b"", figures={}, is_current=False)


MAKERS = {
    "classification": make_classification,
    "reason": make_reason,
    "choicemapping": make_choice_mapping,
    "providermapping": make_provider_mapping,
    "classifierversion": make_model,
}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_list_asks_no_more_for_more_rows(admin_client, name, django_assert_max_num_queries):
    reason("need_ended")
    url = reverse(f"admin:reasons_{name}_changelist")
    for number in range(1, 3):
        MAKERS[name](number)
    admin_client.get(url)
    with django_assert_max_num_queries(12) as few:
        admin_client.get(url)
    for number in range(3, 9):
        MAKERS[name](number)
    with django_assert_max_num_queries(12) as more:
        admin_client.get(url)
    assert len(more) == len(few)
    assert not any("arrays" in query["sql"] for query in more)
