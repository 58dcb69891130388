import datetime as dt

import pytest

from surveys.models import SurveyVersion
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    InvitationFactory,
    SubscriptionFactory,
    published_version,
)
from tests.mail_sink import mail_sink


@pytest.fixture
def sink(settings):
    """A mail server of our own, and settings that send to it over SMTP."""
    with mail_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_TIMEOUT = 1
        yield sink


@pytest.fixture
def invite(settings):
    """Makes an invitation of Harbour Tools; further words stand in for those of its version."""
    settings.ORGANISATION_NAME = "Harbour Tools"
    settings.BASE_URL = "https://surveys.harbour.dev"
    settings.DEFAULT_FROM_EMAIL = "care@harbour.dev"

    def make(*, name="Ann", language="en", **words):
        customer = CustomerFactory()
        subscription = SubscriptionFactory(customer=customer, plan="Pro")
        version = published_version()
        if words:
            definition = {**version.definition}
            definition["words"] = {
                code: {**texts, **words} for code, texts in definition["words"].items()
            }
            version = SurveyVersion.objects.create(
                survey=version.survey,
                number=SurveyVersion.objects.count() + 10,
                definition=definition,
                published_at=version.published_at,
            )
        return InvitationFactory(
            survey_version=version,
            contact=ContactFactory(customer=customer, email="ann@mail.localhost", name=name),
            cancellation=CancellationFactory(
                subscription=subscription, effective_on=dt.date(2026, 11, 30)
            ),
            language=language,
        )

    return make
