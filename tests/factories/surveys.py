"""Rows of the app surveys as the tests need them; each makes what it depends on."""

import datetime as dt
from decimal import Decimal

from django.utils import timezone
from factory.declarations import (
    LazyAttribute,
    LazyFunction,
    SelfAttribute,
    Sequence,
    SubFactory,
    Trait,
)
from factory.django import DjangoModelFactory

from surveys import models
from surveys.default_surveys import install_default_surveys


def published_version(key: str = "exit") -> models.SurveyVersion:
    """The newest published version of a default survey (`exit`, `cancellation`)."""
    newest = (
        models.SurveyVersion.objects.filter(survey__key=key, published_at__isnull=False)
        .select_related("survey")
        .order_by("-number")
    )
    version = newest.first()
    if version is None:
        install_default_surveys()
        version = newest.get()
    return version


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = models.Customer

    external_id = Sequence(lambda n: f"cus_{n}")
    name = Sequence(lambda n: f"Customer {n}")
    plan = "Team"
    segment = "small"
    country = "DE"
    billing_interval = "month"
    language = "en"


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = models.Contact

    customer = SubFactory(CustomerFactory)
    email = Sequence(lambda n: f"person{n}@example.com")
    name = Sequence(lambda n: f"Person {n}")


class SubscriptionFactory(DjangoModelFactory):
    class Meta:
        model = models.Subscription

    customer = SubFactory(CustomerFactory)
    source = "api"
    external_id = Sequence(lambda n: f"sub_{n}")
    plan = "Team"
    billing_interval = "month"
    mrr = Decimal("49.00")
    currency = "USD"
    mrr_reporting = Decimal("49.00")
    started_on = LazyFunction(lambda: timezone.now().date() - dt.timedelta(days=200))


class IntentFactory(DjangoModelFactory):
    class Meta:
        model = models.Intent

    subscription = SubFactory(SubscriptionFactory)
    customer = SelfAttribute("subscription.customer")
    source = "api"
    external_id = Sequence(lambda n: f"int_{n}")
    opened_at = LazyFunction(timezone.now)


class CancellationFactory(DjangoModelFactory):
    class Meta:
        model = models.Cancellation

    subscription = SubFactory(SubscriptionFactory)
    customer = SelfAttribute("subscription.customer")
    source = "api"
    external_id = Sequence(lambda n: f"can_{n}")
    kind = models.CancellationKind.VOLUNTARY
    requested_at = LazyFunction(timezone.now)
    effective_on = LazyAttribute(lambda o: o.requested_at.date() + dt.timedelta(days=9))
    state_at = SelfAttribute("requested_at")


class InvitationFactory(DjangoModelFactory):
    """Sent by mail about a cancellation; ``for_intent=True``: offered on the cancel page."""

    class Meta:
        model = models.Invitation

    class Params:
        for_intent = Trait(
            cancellation=None,
            intent=SubFactory(IntentFactory),
            survey_version=LazyFunction(lambda: published_version("cancellation")),
            state=models.InvitationState.OFFERED,
            sent_at=None,
        )

    cancellation = SubFactory(CancellationFactory)
    intent = None
    survey_version = LazyFunction(published_version)
    survey = SelfAttribute("survey_version.survey")
    customer = LazyAttribute(lambda o: (o.cancellation or o.intent).customer)
    contact = LazyAttribute(
        lambda o: (
            models.Contact.objects.filter(customer=o.customer, is_primary=True).first()
            or ContactFactory(customer=o.customer)
        )
    )
    language = "en"
    state = models.InvitationState.SENT
    not_before = LazyFunction(timezone.now)
    sent_at = LazyFunction(timezone.now)
    expires_at = LazyAttribute(lambda o: o.not_before + dt.timedelta(days=30))


class ResponseFactory(DjangoModelFactory):
    """A submitted response without answers; ``AnswerFactory`` adds them by the question's key."""

    class Meta:
        model = models.Response

    invitation = SubFactory(InvitationFactory)
    survey_version = SelfAttribute("invitation.survey_version")
    customer = SelfAttribute("invitation.customer")
    intent = SelfAttribute("invitation.intent")
    cancellation = SelfAttribute("invitation.cancellation")
    language = "en"
    started_at = LazyFunction(timezone.now)
    submitted_at = SelfAttribute("started_at")


class AnswerFactory(DjangoModelFactory):
    class Meta:
        model = models.Answer

    class Params:
        key = "reason"

    response = SubFactory(ResponseFactory)
    question = LazyAttribute(
        lambda o: models.Question.objects.get(version=o.response.survey_version, key=o.key)
    )
    answered_at = SelfAttribute("response.submitted_at")
