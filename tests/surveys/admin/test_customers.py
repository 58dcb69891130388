import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from surveys.models import Customer, ExchangeRate, Loss, Subscription
from surveys.signals import losses_changed
from tests.factories.surveys import ContactFactory, CustomerFactory, SubscriptionFactory
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        yield


def customer_form(**changes):
    return {
        "external_id": "cus_x",
        "name": "Nordwind",
        "plan": "Pro",
        "segment": "",
        "industry": "",
        "country": "",
        "billing_interval": "",
        "account_owner": "",
        "ideal": "unknown",
        "language": "",
        "time_zone": "",
        "contacts-TOTAL_FORMS": 0,
        "contacts-INITIAL_FORMS": 0,
    } | changes


def change_form(client, url, **changes):
    """As a browser sends it: with the counts of every inline."""
    page = client.get(url)
    counts = {
        field.html_name: field.value()
        for inline in page.context["inline_admin_formsets"]
        for field in inline.formset.management_form
    }
    return customer_form() | counts | changes


def subscription_form(customer, **changes):
    return {
        "customer": customer.pk,
        "external_id": "sub_x",
        "plan": "Pro",
        "billing_interval": "month",
        "mrr": "100",
        "currency": "eur",
        "started_on": "2026-01-01",
        "ended_on": "",
    } | changes


def test_customers_are_added_with_their_contact(administrator):
    data = customer_form() | {
        "contacts-TOTAL_FORMS": 1,
        "contacts-0-email": "ada@example.com",
        "contacts-0-name": "Ada",
        "contacts-0-is_primary": "on",
    }
    assert administrator.post("/admin/surveys/customer/add/", data).status_code == 302
    customer = Customer.objects.get()
    assert (customer.external_id, customer.contacts.get().name) == ("cus_x", "Ada")


def test_a_test_customer_is_counted_again_without_its_losses(administrator):
    subscription = SubscriptionFactory(ended_on=dt.date(2026, 11, 1))
    customer = subscription.customer
    from surveys.intake.losses import settle_customer

    settle_customer(customer)
    heard = []

    def listen(sender, days, **kwargs):
        heard.extend(days)

    losses_changed.connect(listen)
    try:
        url = reverse("admin:surveys_customer_change", args=[customer.pk])
        data = change_form(administrator, url, is_test="on")
        assert administrator.post(url, data).status_code == 302
    finally:
        losses_changed.disconnect(listen)
    customer.refresh_from_db()
    assert customer.is_test
    assert customer.external_id != "cus_x"  # the tie to the billing system stays
    assert dt.date(2026, 11, 1) in heard


def test_nothing_personal_is_taken_in_again_after_an_erasure(administrator):
    customer = CustomerFactory(name="", erased_at=timezone.now())
    url = reverse("admin:surveys_customer_change", args=[customer.pk])
    data = change_form(administrator, url, name="Ada again", plan="Solo") | {
        "contacts-TOTAL_FORMS": 1,
        "contacts-0-email": "ada@example.com",
        "contacts-0-is_primary": "on",
    }
    administrator.post(url, data)
    customer.refresh_from_db()
    assert (customer.name, customer.plan, customer.contacts.count()) == ("", "Solo", 0)


def test_customers_are_never_deleted_from_here(administrator):
    customer = CustomerFactory()
    url = reverse("admin:surveys_customer_delete", args=[customer.pk])
    assert administrator.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("permissions", "found"),
    [
        (["surveys.view_customer"], 0),
        (["surveys.view_customer", "surveys.view_contact"], 1),
    ],
)
def test_addresses_are_found_and_shown_only_to_those_who_may_see_contacts(permissions, found):
    contact = ContactFactory(email="ada@example.com")
    client = logged_in(staff(*permissions))
    listed = client.get("/admin/surveys/customer/?q=ada@example.com")
    assert listed.context["cl"].result_count == found
    page = client.get(reverse("admin:surveys_customer_change", args=[contact.customer_id]))
    assert ("ada@example.com" in page.content.decode()) is bool(found)
    lookup = client.get("/admin/surveys/customer/?contacts__email__startswith=ada")
    assert lookup.status_code == 400


def test_a_subscription_by_hand_knows_its_value(administrator):
    ExchangeRate.objects.create(currency="EUR", valid_from="2025-01-01", rate=Decimal("1.5"))
    customer = CustomerFactory()
    response = administrator.post("/admin/surveys/subscription/add/", subscription_form(customer))
    assert response.status_code == 302
    made = Subscription.objects.get()
    assert (made.source, made.currency, made.mrr_reporting) == ("admin", "EUR", Decimal("150.00"))
    assert customer.paid_spans.get().ended_on is None


def test_an_end_written_by_hand_becomes_a_loss_and_goes_again(administrator):
    subscription = SubscriptionFactory(started_on=dt.date(2026, 1, 1))
    url = reverse("admin:surveys_subscription_change", args=[subscription.pk])
    data = subscription_form(subscription.customer, mrr="49", currency="USD")
    administrator.post(url, data | {"ended_on": "2026-11-01"})
    assert Loss.objects.get().lost_on == dt.date(2026, 11, 1)
    administrator.post(url, data)
    assert Loss.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mrr": "-1"}, "mrr"),
        ({"currency": ""}, "currency"),
        ({"ended_on": "2025-12-31"}, "ended_on"),
        ({"customer": ""}, "customer"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(administrator, changes, field):
    data = subscription_form(CustomerFactory()) | changes
    response = administrator.post("/admin/surveys/subscription/add/", data)
    assert response.status_code == 200
    assert field in response.context["adminform"].errors
