"""A person is gone wherever they were; the counts that they are part of stay as they were."""

import datetime as dt
import io
import json
from email.message import EmailMessage

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import models as db_models
from django.utils import timezone

from reasons.corrections import correct_classification
from reasons.defaults import install_defaults
from reasons.model_store import LEARNED, current_model, store
from reasons.models import Classification, Reading
from reasons.services import classify_cancellation, unread_cancellations
from surveys import models
from surveys.intake.accounts import record_customer
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.recording import record_cancellation
from surveys.models import address_digest
from surveys.privacy import UnknownSubjectError, erase_address, erase_customer
from tests.factories.reasons import (
    SENTENCES,
    answered,
    reason,
    small_model,
    stored_small_model,
)
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    SubscriptionFactory,
)

pytestmark = pytest.mark.django_db

EMAIL = "grete.wiener@example.com"
NAME = "Grete Wiener"
# What must be nowhere any more. The sentence was written by the person.
TRACES = (EMAIL, NAME, "Grete", SENTENCES["business_closed"], "fritz@example.com")


@pytest.fixture(autouse=True)
def _defaults():
    install_defaults()
    stored_small_model()


@pytest.fixture
def customer():
    """Somebody who left traces wherever one can."""
    customer = CustomerFactory(external_id="cus_wiener", name=NAME)
    contact = ContactFactory(customer=customer, email=EMAIL, name=NAME)
    subscription = SubscriptionFactory(customer=customer)
    cancellation = CancellationFactory(
        subscription=subscription,
        contact=contact,
        source="stripe",
        external_id="sub_wiener",
        provider_reason="too_expensive",
        provider_comment=f"{NAME}: {SENTENCES['business_closed']}",
    )
    response = answered(
        cancellation,
        reason=["other"],
        reason_text=SENTENCES["business_closed"],
        comment=f"Yours, {NAME}",
    )
    models.Answer.objects.filter(response=response, question__key="comment").update(
        is_current=False
    )
    models.Invitation.objects.update(last_error=f"550 <{EMAIL}> unknown")
    IntentFactory(
        subscription=subscription,
        contact=contact,
        return_url=f"https://app.example.com/?user={EMAIL}",
    )
    models.Loss.objects.create(
        customer=customer,
        cancellation=cancellation,
        lost_on=cancellation.effective_on,
        span_started_on=subscription.started_on,
        months=6,
    )
    models.WebhookEvent.objects.create(
        provider="stripe",
        event_id="evt_1",
        outcome="applied",
        customer_external_id="cus_wiener",
        payload={"data": {"object": {"customer_email": EMAIL.upper(), "name": NAME}}},
    )
    LogEntry.objects.create(
        user=_administrator(),
        content_type=ContentType.objects.get_for_model(models.Customer),
        object_id=str(customer.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=json.dumps([{"added": {"name": "contact", "object": NAME}}]),
    )
    LogEntry.objects.create(
        user=_administrator(),
        content_type=ContentType.objects.get_for_model(models.Cancellation),
        object_id=str(cancellation.pk),
        object_repr=f"{NAME} 2026-01-01",
        action_flag=CHANGE,
    )
    classify_cancellation(cancellation.pk)
    return customer


def _administrator():
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get_or_create(username="root")[0]


def traces_left():
    """(table, trace) for every trace in any text of any row of ours and of the admin's log."""
    from django.apps import apps

    found = set()
    for model in [*apps.get_app_config("surveys").get_models(), LogEntry]:
        textual = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, (db_models.CharField, db_models.TextField, db_models.JSONField))
        ]
        for row in model.objects.values_list(*textual) if textual else ():
            said = json.dumps(row, default=str).casefold()
            found |= {(model.__name__, trace) for trace in TRACES if trace.casefold() in said}
    return found


def current_reasons():
    rows = Classification.objects.current().order_by("pk")
    return list(rows.values_list("cancellation", "role", "reason__code", "source", "confidence"))


def erase(**options):
    out = io.StringIO()
    call_command("erase_subject", stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    "subject", [{"email": EMAIL}, {"email": f" {EMAIL.upper()} "}, {"customer": "cus_wiener"}]
)
def test_person_is_gone_and_counts_stay(customer, subject):
    before = current_reasons()
    assert before
    assert len({table for table, _ in traces_left()}) >= 8

    printed = erase(**subject)

    assert traces_left() == set()
    assert printed["customers"] == ["cus_wiener"]
    # The factory's invitation gave the customer no further contact: one person, all gone.
    assert {name: printed[name] for name in ("contacts", "names", "comments", "verbatims")} == {
        "contacts": 1,
        "names": 1,
        "comments": 1,
        "verbatims": 2,
    }
    assert printed["webhook_payloads"] == 1
    assert printed["evidence"] >= 1
    assert printed["log_entries"] == 2
    assert current_reasons() == before
    assert models.Loss.objects.count() == models.Cancellation.objects.count() == 1
    customer.refresh_from_db()
    assert customer.erased_at is not None
    assert (customer.plan, customer.country) == ("Team", "DE")


def test_evidence_is_cleared_and_nothing_is_read_again(customer):
    erase_customer(external_id="cus_wiener")
    assert not Classification.objects.exclude(evidence_start=None).exists()
    assert not unread_cancellations().exists()


def test_reading_again_from_nothing_takes_no_reason_back(customer):
    """A late event of the billing system, or a changed meaning, has everything read again."""
    before = current_reasons()
    erase_customer(external_id="cus_wiener")
    Reading.objects.update(content_version=0)
    classify_cancellation(models.Cancellation.objects.get().pk)
    assert current_reasons() == before
    assert Classification.objects.count() == len(before)


def test_late_event_does_not_bring_the_person_back(customer):
    erase_address(email=EMAIL)
    record_cancellation(
        source="stripe",
        external_id="sub_wiener",
        customer=CustomerFacts(
            external_id="cus_wiener", name=NAME, contact_email=EMAIL, contact_name=NAME
        ),
        subscription=SubscriptionFactories(customer),
        kind="voluntary",
        requested_at=timezone.now(),
        effective_on=timezone.now().date() + dt.timedelta(days=9),
        provider_reason="too_expensive",
        provider_comment=SENTENCES["business_closed"],
    )
    record_customer(
        facts=CustomerFacts(external_id="cus_new", contact_email=EMAIL, contact_name=NAME)
    )
    assert traces_left() == set()
    assert not models.Contact.objects.exists()


def SubscriptionFactories(customer):  # noqa: N802  (facts of the one subscription there is)
    return SubscriptionFacts(external_id=customer.subscriptions.get().external_id)


def test_second_run_finds_nothing_more(customer):
    erase(email=EMAIL)
    again = erase(email=EMAIL)
    assert again["customers"] == []
    assert all(
        not count for name, count in again.items() if name not in ("customers", "suppressions")
    )
    by_id = erase(customer="cus_wiener")
    assert (by_id["contacts"], by_id["verbatims"], by_id["names"]) == (0, 0, 0)


@pytest.mark.parametrize("subject", [{"email": "nobody@example.com"}, {"customer": "cus_none"}])
def test_nobody(subject):
    with pytest.raises(CommandError, match=next(iter(subject.values()))):
        erase(**subject)
    assert not models.Suppression.objects.exists()


def test_address_is_suppressed_as_erased_whatever_it_was_before(customer):
    models.Suppression.objects.add_address(EMAIL, "bounced")
    erase(customer="cus_wiener")
    suppression = models.Suppression.objects.get()
    assert (suppression.digest, suppression.reason) == (address_digest(EMAIL), "erased")


class TestInvitations:
    @pytest.mark.parametrize(
        ("state", "becomes"),
        [
            ("scheduled", "withdrawn"),
            ("sending", "withdrawn"),
            ("sent", "sent"),
            ("failed", "failed"),
        ],
    )
    def test_what_is_pending_is_withdrawn(self, state, becomes):
        invitation = InvitationFactory(state=state, last_error="550 <a@example.com>")
        erase_customer(external_id=invitation.customer.external_id)
        invitation.refresh_from_db()
        assert (invitation.state, invitation.last_error) == (becomes, "")
        assert invitation.expires_at <= timezone.now()
        assert invitation.contact is None

    def test_page_offered_while_cancelling(self):
        invitation = InvitationFactory(for_intent=True)
        erase_customer(external_id=invitation.customer.external_id)
        invitation.refresh_from_db()
        assert invitation.state == "withdrawn"


class TestOneOfSeveral:
    """Other people stand for the customer too: they and their words stay."""

    @pytest.fixture
    def colleague(self, customer):
        colleague = ContactFactory(
            customer=customer, email="ida@example.com", name="Ida", is_primary=False
        )
        cancellation = CancellationFactory(
            subscription=SubscriptionFactory(customer=customer),
            contact=colleague,
            provider_comment="The price doubled.",
        )
        invitation = InvitationFactory(cancellation=cancellation, contact=colleague)
        response = models.Response.objects.create(
            invitation=invitation,
            survey_version=invitation.survey_version,
            customer=customer,
            cancellation=cancellation,
            language="en",
            started_at=timezone.now(),
            submitted_at=timezone.now(),
        )
        response.answers.create(
            question=invitation.survey_version.questions.get(key="comment"),
            text="Too many clicks.",
            answered_at=timezone.now(),
        )
        return colleague

    def test_only_the_person(self, customer, colleague):
        printed = erase(email=EMAIL)
        customer.refresh_from_db()
        assert customer.erased_at is None
        assert list(customer.contacts.values_list("email", flat=True)) == ["ida@example.com"]
        texts = set(models.Answer.objects.values_list("text", flat=True))
        assert texts == {"", "Too many clicks."}
        comments = set(models.Cancellation.objects.values_list("provider_comment", flat=True))
        assert comments == {"", "The price doubled."}
        assert printed["verbatims"] == 2
        invitation = models.Invitation.objects.get(contact=colleague)
        assert invitation.expires_at > timezone.now()

    def test_everybody(self, customer, colleague):
        printed = erase(customer="cus_wiener")
        assert printed["contacts"] == 2
        assert set(models.Answer.objects.values_list("text", flat=True)) == {""}
        assert models.Suppression.objects.count() == 2


def test_address_in_the_payload_of_somebody_else(customer):
    event = models.WebhookEvent.objects.create(
        provider="stripe",
        event_id="evt_2",
        outcome="applied",
        customer_external_id="cus_other",
        payload={"data": {"object": {"receipt_email": EMAIL}}},
    )
    other = models.WebhookEvent.objects.create(
        provider="stripe",
        event_id="evt_3",
        outcome="applied",
        customer_external_id="cus_other",
        payload={"data": {"object": {"receipt_email": "ida@example.com"}}},
    )
    erase(email=EMAIL)
    event.refresh_from_db()
    other.refresh_from_db()
    assert event.payload is None
    assert other.payload


def test_mails_in_the_folder(customer, settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path
    for number, to in enumerate([f"{NAME} <{EMAIL.title()}>", "Ida <ida@example.com>"]):
        message = EmailMessage()
        message["To"] = to
        message["Subject"] = "Why did you leave?"
        message.set_content(f"Dear {to}")
        (tmp_path / f"{number}.eml").write_bytes(bytes(message))
    (tmp_path / "note").write_bytes(b"\xff\xfe no mail")
    assert erase(email=EMAIL)["mails"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {"1.eml", "note"}


class TestModelsThatReadTheWords:
    def test_are_deleted_and_one_is_trained_without_them(
        self, customer, monkeypatch, django_capture_on_commit_callbacks
    ):
        cancellation = customer.cancellations.get()
        correct_classification(cancellation=cancellation, reason=reason("need_ended"), by=None)
        store(small_model(), figures={LEARNED: [cancellation.pk]})
        trained = []
        monkeypatch.setattr("reasons.model_store.train_and_store", lambda **kw: trained.append(kw))
        with django_capture_on_commit_callbacks(execute=True):
            assert erase(email=EMAIL)["models"] == 1
        assert current_model() is None
        assert len(trained) == 1

    def test_others_stay(self, customer):
        store(small_model(), figures={LEARNED: [customer.cancellations.get().pk + 1]})
        assert erase(email=EMAIL)["models"] == 0
        assert current_model().number == 2


def test_unknown_subject_errors():
    with pytest.raises(UnknownSubjectError):
        erase_customer(external_id="")
    with pytest.raises(UnknownSubjectError):
        erase_address(email="")
