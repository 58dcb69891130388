"""Makes an installation's tables, default surveys and invitations; prints their tokens, and
what the first screen asks.

    python -m peers.whyleft.prepare '{"opened": 2000, "fresh": 9000, ...}'

``one_screen`` is the default exit survey with its optional questions moved to the first screen:
there five answers can be given at once.
"""

import dataclasses
import datetime as dt
import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from surveys import models  # noqa: E402
from surveys.default_surveys import install_default_surveys  # noqa: E402
from surveys.default_surveys.content import default_questionnaire  # noqa: E402
from surveys.drafts import write_draft  # noqa: E402
from surveys.publishing import publish  # noqa: E402
from surveys.questionnaire import Questionnaire  # noqa: E402

BATCH = 2000
NOW = timezone.now()


def versions():
    """By workload: the default exit survey as shipped, and on one screen."""
    exit_survey = default_questionnaire("exit")
    together = dataclasses.replace(
        exit_survey,
        survey="one-screen",
        questions=tuple(dataclasses.replace(q, screen=1) for q in exit_survey.questions),
    )
    survey = models.Survey.objects.create(
        key="one-screen", name="Exit survey on one screen", moment=exit_survey.moment
    )
    shipped = models.SurveyVersion.objects.filter(survey__key="exit").latest("number")
    one_screen = publish(write_draft(survey=survey, questionnaire=together), now=NOW)
    return {"opened": shipped, "fresh": shipped, "first_screen": shipped, "one_screen": one_screen}


def invite(name, version, count):
    """``count`` invitations, each about a customer and a cancellation of its own; their tokens."""
    created = [
        models.Customer(external_id=f"{name}-{n}", name=f"Customer {n}", plan="Team", language="en")
        for n in range(count)
    ]
    customers = models.Customer.objects.bulk_create(created, batch_size=BATCH)
    contacts = models.Contact.objects.bulk_create(
        (
            models.Contact(customer=customer, email=f"{name}{n}@example.com", name=f"Person {n}")
            for n, customer in enumerate(customers)
        ),
        batch_size=BATCH,
    )
    subscriptions = models.Subscription.objects.bulk_create(
        (
            models.Subscription(
                customer=customer,
                source="api",
                external_id=customer.external_id,
                plan="Team",
                billing_interval="month",
                mrr=49,
                currency="USD",
                mrr_reporting=49,
                started_on=NOW.date() - dt.timedelta(days=200),
            )
            for customer in customers
        ),
        batch_size=BATCH,
    )
    cancellations = models.Cancellation.objects.bulk_create(
        (
            models.Cancellation(
                subscription=subscription,
                customer=subscription.customer,
                source="api",
                external_id=subscription.external_id,
                kind=models.CancellationKind.VOLUNTARY,
                requested_at=NOW,
                effective_on=NOW.date() + dt.timedelta(days=9),
                state_at=NOW,
            )
            for subscription in subscriptions
        ),
        batch_size=BATCH,
    )
    opened = NOW if name in ("opened", "first_screen", "one_screen") else None
    invitations = models.Invitation.objects.bulk_create(
        (
            models.Invitation(
                cancellation=cancellation,
                survey=version.survey,
                survey_version=version,
                customer=cancellation.customer,
                contact=contact,
                language="en",
                state=models.InvitationState.SENT,
                not_before=NOW,
                sent_at=NOW,
                opened_at=opened,
                expires_at=NOW + dt.timedelta(days=30),
            )
            for cancellation, contact in zip(cancellations, contacts, strict=True)
        ),
        batch_size=BATCH,
    )
    return [invitation.token for invitation in invitations]


def first_screen(version):
    """What it asks in English, for the peer to ask the same: wording, choices, whether required."""
    questionnaire = Questionnaire.from_definition(version.definition)
    return [
        {
            "text": questionnaire.question_words(question, "en").label,
            "choices": [questionnaire.choice_label(choice, "en") for choice in question.choices],
            "required": question.required,
        }
        for question in questionnaire.on_screen(1)
    ]


def main():
    counts = json.loads(sys.argv[1])
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    install_default_surveys(now=NOW)
    by_name = versions()
    tokens = {name: invite(name, by_name[name], n) for name, n in counts.items()}
    print(json.dumps({"tokens": tokens, "first_screen": first_screen(by_name["opened"])}))


main()
