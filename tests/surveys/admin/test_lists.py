"""Every list: opens, is searched and sorted without error, and asks no more for more rows."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from surveys.default_surveys.content import default_questionnaire
from surveys.delivery.routing import choose_survey
from surveys.drafts import write_draft
from surveys.models import (
    ApiKey,
    Contraction,
    ExchangeRate,
    RoutingRule,
    Suppression,
    Survey,
    WebhookEvent,
)
from tests.factories.reasons import answered
from tests.factories.surveys import (
    CancellationFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    SubscriptionFactory,
    published_version,
)

pytestmark = pytest.mark.django_db


def loss():
    from surveys.intake.losses import settle_customer

    cancellation = CancellationFactory()
    subscription = cancellation.subscription
    subscription.ended_on = timezone.now().date()
    subscription.save()
    settle_customer(subscription.customer)


def contraction():
    subscription = SubscriptionFactory()
    Contraction.objects.create(
        customer=subscription.customer,
        subscription=subscription,
        contracted_on=timezone.now().date(),
        months=3,
    )


def number(start=[0]):  # noqa: B006  (a counter)
    start[0] += 1
    return start[0]


MAKERS = {
    "customer": CustomerFactory,
    "subscription": SubscriptionFactory,
    "cancellation": CancellationFactory,
    "intent": IntentFactory,
    "loss": loss,
    "contraction": contraction,
    "invitation": InvitationFactory,
    "response": lambda: answered(CancellationFactory(), reason=["price"]),
    "suppression": lambda: Suppression.objects.add_address(f"p{number()}@x.example", "manual"),
    "exchangerate": lambda: ExchangeRate.objects.create(
        currency=f"X{number():02d}", valid_from="2026-01-01", rate=1
    ),
    "routingrule": lambda: RoutingRule.objects.create(
        position=500 + number(), moment="left", survey=published_version().survey
    ),
    "survey": published_version,
    "surveyversion": published_version,
    "apikey": lambda: ApiKey.objects.issue(name="shop"),
    "webhookevent": lambda: WebhookEvent.objects.create(
        provider="stripe", event_id=f"evt_{number()}", outcome="applied"
    ),
}


def test_every_model_of_the_room_has_a_maker_here():
    registered = {
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label == "surveys"
    }
    assert registered == set(MAKERS)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_list_opens_searches_sorts_and_filters(administrator, name):
    MAKERS[name]()
    url = reverse(f"admin:surveys_{name}_changelist")
    for query in ("", "?q=cus", "?o=1", "?o=-2.3", "?_facets=True"):
        response = administrator.get(url + query, follow=True)
        assert response.status_code == 200
        assert response.redirect_chain == [] or "e=1" not in response.redirect_chain[-1][0]


# A list of what the default survey holds: more rows come with a version more.
OF_A_VERSION = {"survey", "surveyversion"}


@pytest.mark.parametrize("name", sorted(set(MAKERS) - OF_A_VERSION))
def test_list_asks_no_more_for_more_rows(administrator, name, django_assert_max_num_queries):
    compare_queries(administrator, name, MAKERS[name], django_assert_max_num_queries)


@pytest.mark.parametrize("name", sorted(OF_A_VERSION))
def test_list_asks_no_more_for_more_versions(administrator, name, django_assert_max_num_queries):
    def another_survey():
        survey = Survey.objects.create(key=f"mine-{number()}", name="Mine", moment="left")
        write_draft(survey=survey, questionnaire=default_questionnaire("exit"))

    compare_queries(administrator, name, another_survey, django_assert_max_num_queries)


def model_called(name):
    return next(m for m in admin.site._registry if m._meta.model_name == name)


def compare_queries(administrator, name, make, django_assert_max_num_queries):
    url = reverse(f"admin:surveys_{name}_changelist")
    for _ in range(2):
        make()
    administrator.get(url)
    with django_assert_max_num_queries(20) as few:
        administrator.get(url)
    before = model_called(name)._default_manager.count()
    for _ in range(6):
        make()
    assert model_called(name)._default_manager.count() >= before + 6
    with django_assert_max_num_queries(20) as more:
        administrator.get(url)
    assert len(more) == len(few)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_list_is_closed_to_viewers(viewer, name):
    MAKERS[name]()
    assert viewer.get(reverse(f"admin:surveys_{name}_changelist")).status_code == 403


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_each_row_opens(administrator, name):
    MAKERS[name]()
    rows = list(model_called(name)._default_manager.all()[:3])
    assert rows
    for row in rows:
        url = reverse(f"admin:surveys_{name}_change", args=[row.pk])
        assert administrator.get(url).status_code == 200


def test_routing_is_edited_in_the_list(administrator):
    published_version()
    rules = list(RoutingRule.objects.order_by("position"))
    data = {
        "form-TOTAL_FORMS": len(rules),
        "form-INITIAL_FORMS": len(rules),
        "_save": "Save",
    }
    for at, rule in enumerate(rules):
        data |= {
            f"form-{at}-id": rule.pk,
            f"form-{at}-position": rule.position,
            f"form-{at}-moment": rule.moment,
            f"form-{at}-kind": rule.kind,
            f"form-{at}-trial": "unknown",
            f"form-{at}-segment": "enterprise" if rule.kind == "voluntary" else "",
            f"form-{at}-language": rule.language,
            f"form-{at}-survey": rule.survey_id or "",
        }
    response = administrator.post(reverse("admin:surveys_routingrule_changelist"), data)
    assert response.status_code == 302
    assert choose_survey(moment="left", kind="voluntary", segment="small") is None
    assert choose_survey(moment="left", kind="voluntary", segment="enterprise") is not None
