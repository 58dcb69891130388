"""The sample company: the same each time, and through the real pipeline."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from analytics.models import ReasonCount
from analytics.sample.answers import WAYS_TO_SAY
from analytics.sample.company import FRESH, made_up_company
from analytics.sample.story import (
    BY_STAGE,
    CONNECTOR_BROKE_DAYS_AGO,
    GUIDED_SETUP_DAYS_AGO,
    reason_weights,
)
from reasons.models import Classification, Source
from surveys.default_surveys import install_default_surveys
from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Invitation,
    InvitationState,
    Loss,
    Response,
    SurveyVersion,
)
from surveys.questionnaire import Questionnaire

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


def test_the_same_seed_makes_the_same_company():
    first, again, other = (
        list(made_up_company(customers=300, months=24, seed=seed, now=NOW)) for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_nobody_leaves_before_coming_or_after_the_last_day():
    company = list(made_up_company(customers=800, months=24, seed=7, now=NOW))
    left = [account for account in company if account.departure]
    assert 0.25 * len(company) < len(left) < 0.6 * len(company)
    for account in left:
        assert account.started_on <= account.departure.requested_at.date()
        assert account.departure.requested_at < NOW
        assert account.departure.effective_on >= account.departure.requested_at.date()
    assert all(account.email.endswith(".example.com") for account in company)


@pytest.mark.parametrize(
    ("reason", "segment", "event", "rises"),
    [
        ("missing_integration", "Shop", CONNECTOR_BROKE_DAYS_AGO, True),
        ("missing_integration", "Agency", CONNECTOR_BROKE_DAYS_AGO, True),
        ("onboarding_or_setup", "Shop", GUIDED_SETUP_DAYS_AGO, False),
        ("onboarding_or_setup", "Publisher", GUIDED_SETUP_DAYS_AGO, False),
    ],
)
def test_the_story(reason, segment, event, rises):
    before = reason_weights(segment=segment, age=1, days_ago=event + 1)
    after = reason_weights(segment=segment, age=1, days_ago=event)
    assert (after[reason] > before[reason]) is rises
    others = [code for code in BY_STAGE if code != reason]
    assert [before[code] for code in others] == [after[code] for code in others]


@pytest.mark.django_db
def test_every_way_to_say_a_reason_is_in_the_survey():
    install_default_surveys()
    for version in SurveyVersion.objects.select_related("survey"):
        questions = {
            question.key: question.choice_keys
            for question in Questionnaire.from_definition(version.definition).questions
        }
        for ways in WAYS_TO_SAY.values():
            for choice, probe, meaning in ways:
                assert choice in questions["reason"]
                assert meaning in questions[probe]


@pytest.mark.django_db
def test_it_goes_through_the_real_pipeline(defaults):
    call_command("load_sample", customers=250, months=24, seed=7)
    assert Customer.objects.count() == 250
    assert not Contact.objects.exclude(email__endswith=".example.com").exists()
    answered = Response.objects.submitted().filter(cancellation__isnull=False)
    assert answered.count() > 20
    assert set(Classification.objects.current().values_list("source", flat=True)) >= {
        Source.CHOICE,
        Source.PROBE,
        Source.TEXT,
    }
    # Two in five or so are never heard from.
    voluntary = Cancellation.objects.filter(kind="voluntary").count()
    assert 0.4 < answered.count() / voluntary < 0.8
    # What the page counts is what happened.
    stored = ReasonCount.objects.filter(unit="losses", perspective="stated", trial="no")
    assert sum(row.customers for row in stored) == Loss.objects.counted().count()
    # History is not written to; only what is fresh waits for the ticker.
    for waiting in Invitation.objects.filter(state=InvitationState.SCHEDULED):
        age = waiting.created_at - waiting.cancellation.requested_at
        assert age <= FRESH + dt.timedelta(hours=1)
    with pytest.raises(CommandError, match="already"):
        call_command("load_sample", customers=5)


@pytest.mark.django_db
def test_it_is_not_mixed_with_real_customers(defaults):
    Customer.objects.create(external_id="acme")
    with pytest.raises(CommandError, match="DATABASE_URL"):
        call_command("load_sample", customers=5)


@pytest.mark.parametrize("options", [{"customers": 0}, {"customers": 10**6}, {"months": 0}])
def test_senseless_amounts_are_refused(options):
    with pytest.raises(CommandError, match="expected"):
        call_command("load_sample", **options)
