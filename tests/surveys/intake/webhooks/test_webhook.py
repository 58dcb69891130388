"""``/webhooks/stripe/``: what arrives, in any order and any number of times, becomes rows once."""

import copy
import datetime as dt
import itertools
import json
import logging
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from surveys.default_surveys import install_default_surveys
from surveys.intake.webhooks import taking_in
from surveys.intake.webhooks.signature import sign
from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Invitation,
    InvitationState,
    Loss,
    PaidSpan,
    Subscription,
    Suppression,
    WebhookEvent,
)
from surveys.models.invitations import SuppressionReason
from surveys.tasks import purge_payloads
from tests.conftest import SHARED_DATA
from tests.surveys.intake.webhooks.conftest import SECRET, event

NOW = dt.datetime(2026, 11, 11, 9, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


class TestSignature:
    def test_right(self, stripe):
        answer = stripe.send(event("deleted"))
        assert (answer.status_code, answer.json()) == (200, {"outcome": "applied"})

    @pytest.mark.parametrize(
        "how",
        [
            {"header": ""},
            {"header": "t=1,v1=00"},
            {"secret": "another"},
            {"at": NOW.timestamp() - 301},
            {"at": NOW.timestamp() + 301},
        ],
    )
    def test_wrong(self, stripe, how):
        assert stripe.send(event("deleted"), **how).status_code == 400
        assert not WebhookEvent.objects.exists()
        assert not Customer.objects.exists()

    def test_re_serialised(self, stripe):
        payload = event("deleted")
        header = sign(
            body=json.dumps(payload).encode(), secret=SECRET, timestamp=int(NOW.timestamp())
        )
        body = json.dumps(payload, indent=1).encode()
        assert stripe.send(body, header=header).status_code == 400

    def test_rotated(self, stripe, settings):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
        assert stripe.send(event("deleted"), secret="whsec_new").status_code == 200
        assert stripe.send(event("deleted"), secret=SECRET).status_code == 200

    @pytest.mark.parametrize("secrets", [[], [""], ["  "]])
    def test_not_configured(self, stripe, settings, secrets):
        settings.STRIPE_WEBHOOK_SECRETS = secrets
        assert stripe.send(event("deleted"), secret="").status_code == 404

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
    def test_only_post(self, stripe, method):
        assert getattr(stripe.client, method)("/webhooks/stripe/").status_code == 405

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"\xff", b'{"id": NaN}', b"[" * 5000, b"{}", b'{"id": 1e999}']
    )
    def test_signed_but_unreadable(self, stripe, body):
        assert stripe.send(body).status_code == 400
        assert not WebhookEvent.objects.exists()

    def test_too_large(self, stripe):
        assert stripe.send(b" " * (1024 * 1024 + 1)).status_code == 413


class TestOneCancellation:
    ALL = ("customer_created", "subscription_created", "set_to_end", "deleted")

    @pytest.fixture(autouse=True)
    def _surveys(self, db):
        install_default_surveys()

    def test_two_events_are_one_cancellation(self, stripe):
        for name in self.ALL:
            assert stripe.applied(event(name)) == "applied"
        row = Cancellation.objects.get()
        assert (row.source, row.external_id, row.kind) == ("stripe", "sub_9001", "voluntary")
        assert row.requested_at == dt.datetime(2026, 11, 11, 9, 0, tzinfo=dt.UTC)
        assert row.effective_on == dt.date(2026, 12, 2)
        assert row.provider_reason == "missing_features"
        assert row.provider_comment.startswith("We could not")
        subscription = Subscription.objects.get()
        assert (subscription.mrr, subscription.currency) == (Decimal("147.00"), "EUR")
        assert subscription.started_on == dt.date(2025, 1, 1)
        assert row.contact == Contact.objects.get()
        assert row.contact.email == "erin@leaver.dev"

    def test_a_mail_is_due_an_hour_after_the_request(self, stripe):
        for name in self.ALL:
            stripe.applied(event(name))
        invitation = Invitation.objects.get()
        assert invitation.state == InvitationState.SCHEDULED
        assert invitation.not_before == dt.datetime(2026, 11, 11, 10, 0, tzinfo=dt.UTC)

    def test_the_loss_comes_with_the_effective_end(self, stripe):
        stripe.applied(event("subscription_created"))
        stripe.applied(event("set_to_end"))
        assert not Loss.objects.exists()
        assert PaidSpan.objects.get().ended_on is None
        with time_machine.travel(dt.datetime(2026, 12, 2, 0, 1, tzinfo=dt.UTC), tick=False):
            stripe.applied(event("deleted"))
        loss = Loss.objects.get()
        assert (loss.lost_on, loss.months, loss.plan) == (dt.date(2026, 12, 2), 23, "Team")
        assert loss.mrr == Decimal("147.00")

    @pytest.mark.parametrize("order", list(itertools.permutations(ALL)))
    def test_in_any_order(self, stripe, order):
        with time_machine.travel(dt.datetime(2026, 12, 2, 0, 1, tzinfo=dt.UTC), tick=False):
            for name in order:
                assert stripe.send(event(name)).status_code == 200
        row = Cancellation.objects.select_related("subscription").get()
        assert row.reverted_at is None
        assert row.requested_at == dt.datetime(2026, 11, 11, 9, 0, tzinfo=dt.UTC)
        assert row.effective_on == row.subscription.ended_on == dt.date(2026, 12, 2)
        assert Loss.objects.get().cancellation == row
        assert Contact.objects.get().email == "erin@leaver.dev"

    def test_an_address_that_comes_late_is_written_to(self, stripe):
        stripe.applied(event("set_to_end"))
        assert Invitation.objects.get().state == InvitationState.WITHHELD
        stripe.applied(event("customer_created"))
        stripe.applied(event("set_to_end", event_id="evt_again"))
        assert Invitation.objects.get().state == InvitationState.SCHEDULED


class TestReplay:
    def test_the_same_event_does_nothing(self, stripe):
        assert stripe.applied(event("set_to_end")) == "applied"
        before = list(Cancellation.objects.values())
        Customer.objects.update(name="Changed since")
        for _ in range(3):
            assert stripe.applied(event("set_to_end")) == "seen before"
        assert list(Cancellation.objects.values()) == before
        assert Customer.objects.get().name == "Changed since"
        assert WebhookEvent.objects.count() == 1

    def test_an_event_that_means_nothing_keeps_no_payload(self, stripe):
        payload = event("customer_created", event_type="invoice.paid")
        assert stripe.applied(payload) == "ignored"
        row = WebhookEvent.objects.get()
        assert (row.outcome, row.payload, row.customer_external_id) == ("ignored", None, "")
        assert not Customer.objects.exists()


class TestTakenBack:
    ALL = ("subscription_created", "set_to_end", "taken_back")

    @pytest.fixture(autouse=True)
    def _surveys(self, db):
        install_default_surveys()

    @pytest.mark.parametrize("order", list(itertools.permutations(ALL)))
    def test_in_any_order(self, stripe, order):
        stripe.applied(event("customer_created"))
        for name in order:
            stripe.applied(event(name))
        assert all(row.reverted_at for row in Cancellation.objects.all())
        assert not Invitation.objects.filter(state=InvitationState.SCHEDULED).exists()
        assert Subscription.objects.get().ended_on is None
        assert not Loss.objects.exists()

    def test_without_previous_attributes_the_state_says_it(self, stripe):
        stripe.applied(event("customer_created"))
        stripe.applied(event("set_to_end"))
        running = event("taken_back")
        running["data"]["previous_attributes"] = {"metadata": {}}
        stripe.applied(running)
        assert Cancellation.objects.get().reverted_at is not None

    def test_a_cancellation_that_others_told_of_is_not_taken_back_by_a_running_event(self, stripe):
        stripe.applied(event("set_to_end"))
        WebhookEvent.objects.all().delete()
        running = event("taken_back")
        running["data"]["previous_attributes"] = {"metadata": {}}
        stripe.applied(running)
        assert Cancellation.objects.get().reverted_at is None

    def test_cancelled_once_more(self, stripe):
        for name in ("customer_created", "set_to_end", "taken_back"):
            stripe.applied(event(name))
        again = event(
            "set_to_end", event_id="evt_9", event_created=1794560401, canceled_at=1794560400
        )
        stripe.applied(again)
        row = Cancellation.objects.get()
        assert row.reverted_at is None
        assert row.requested_at == dt.datetime(2026, 11, 13, 9, 0, tzinfo=dt.UTC)
        assert Invitation.objects.get().state == InvitationState.SCHEDULED


class TestOrder:
    def test_an_older_event_does_not_bring_back_old_figures(self, stripe):
        stripe.applied(event("subscription_created"))
        newer = event("taken_back", event_id="evt_n", event_created=1794474000)
        newer["data"]["previous_attributes"] = {}
        newer["data"]["object"]["items"]["data"][0]["quantity"] = 5
        stripe.applied(newer)
        older = copy.deepcopy(newer)
        older |= {"id": "evt_o", "created": 1794470000}
        older["data"]["object"]["items"]["data"][0]["quantity"] = 1
        assert stripe.applied(older) == "ignored"
        assert Subscription.objects.get().mrr == Decimal("245.00")

    def test_an_older_customer_event_does_not_bring_back_an_old_address(self, stripe):
        stripe.applied(event("customer_created", event_created=1794474000, email="new@leaver.dev"))
        older = event("customer_created", event_id="evt_o", email="old@leaver.dev")
        assert stripe.applied(older) == "ignored"
        assert Contact.objects.get().email == "new@leaver.dev"

    @pytest.mark.parametrize("order", [("deleted", "set_to_end"), ("set_to_end", "deleted")])
    def test_of_two_events_of_one_second_the_end_stands(self, stripe, order):
        changes = {
            "deleted": {"event_created": 1794387601, "ended_at": 1794387601},
            "set_to_end": {},
        }
        for name in order:
            stripe.applied(event(name, **changes[name]))
        assert Cancellation.objects.get().effective_on == dt.date(2026, 11, 11)


class TestFailure:
    def test_leaves_nothing_and_is_made_up_for_by_the_retry(self, stripe, monkeypatch, caplog):
        caplog.set_level(logging.DEBUG)
        with monkeypatch.context() as patch:
            patch.setattr(taking_in, "record_cancellation", _break)
            answer = stripe.send(event("deleted"))
        assert answer.status_code == 500
        assert not Customer.objects.exists()
        row = WebhookEvent.objects.get()
        assert (row.outcome, row.payload) == ("failed", None)
        assert "RuntimeError" in row.detail
        assert "erin@leaver.dev" not in caplog.text + row.detail + answer.content.decode()
        assert stripe.applied(event("deleted")) == "applied"
        assert WebhookEvent.objects.get().outcome == "applied"
        assert Cancellation.objects.count() == 1

    def test_logs_name_no_person(self, stripe, caplog):
        caplog.set_level(logging.DEBUG)
        stripe.applied(event("customer_created"))
        stripe.send(event("customer_created"), secret="wrong")
        assert "leaver.dev" not in caplog.text
        assert "Erin" not in caplog.text


def _break(**facts):
    raise RuntimeError("Failing row contains (erin@leaver.dev)")


class TestPersonalData:
    def test_nothing_of_an_erased_customer_is_taken_in(self, stripe):
        Customer.objects.create(external_id="cus_9001", erased_at=timezone.now())
        stripe.applied(event("customer_created"))
        stripe.applied(event("deleted"))
        assert not Contact.objects.exists()
        assert Customer.objects.get().name == ""
        assert Cancellation.objects.get().provider_comment == ""
        assert set(WebhookEvent.objects.values_list("payload", flat=True)) == {None}

    def test_nor_an_address_that_was_erased(self, stripe):
        Suppression.objects.add_address("erin@leaver.dev", SuppressionReason.ERASED)
        stripe.applied(event("customer_created"))
        assert not Contact.objects.exists()
        assert WebhookEvent.objects.get().payload is None

    def test_payloads_are_kept_for_thirty_days(self, stripe):
        stripe.applied(event("set_to_end"))
        stripe.applied(event("deleted", event_id="evt_x", event_type="invoice.paid"))
        assert taking_in.purge_payloads(NOW + dt.timedelta(days=30)) == 0
        assert taking_in.purge_payloads(NOW + dt.timedelta(days=30, seconds=1)) == 2
        assert WebhookEvent.objects.get().payload is None

    @pytest.mark.parametrize("odd", ["a\x00b", "a\ud800b", "\u202e", "=1+1", "<script>"])
    def test_odd_characters_break_nothing(self, stripe, odd):
        details = {"comment": odd, "feedback": odd, "reason": None}
        assert stripe.applied(event("customer_created", name=odd)) == "applied"
        assert stripe.applied(event("deleted", cancellation_details=details)) == "applied"
        assert "\x00" not in Cancellation.objects.get().provider_comment


class TestTestMode:
    def test_its_customers_never_count(self, stripe):
        stripe.applied(event("deleted", event_livemode=False))
        assert Customer.objects.get().is_test

    def test_unless_they_are_meant_to(self, stripe, settings):
        settings.STRIPE_TEST_MODE_COUNTS = True
        stripe.applied(event("deleted", event_livemode=False))
        assert not Customer.objects.get().is_test


def test_a_subscription_whose_first_payment_never_came_leaves_no_customer(stripe):
    assert stripe.applied(event("subscription_created", status="incomplete")) == "ignored"
    assert not Customer.objects.exists()


def test_queries_of_an_event(stripe, django_assert_max_num_queries):
    install_default_surveys()
    stripe.applied(event("customer_created"))
    stripe.applied(event("subscription_created"))
    with django_assert_max_num_queries(60):
        stripe.applied(event("set_to_end"))


@pytest.mark.skipif(not SHARED_DATA.exists(), reason="the shared example payloads are not here")
class TestPublicPayloads:
    def read(self, name):
        return json.loads((SHARED_DATA / "payloads" / name).read_text("utf-8"))

    def test_the_event_of_2013(self, stripe):
        assert stripe.applied(self.read("stripe_event_2013.json")) == "applied"
        row = Cancellation.objects.select_related("subscription", "customer").get()
        assert row.external_id == "su_00000000000000"
        assert row.effective_on == dt.date(2013, 10, 6)
        assert row.subscription.plan == "Member's Club"
        assert (row.subscription.mrr, row.subscription.currency) == (Decimal("1.00"), "USD")
        assert row.customer.is_test
        assert Loss.objects.get().lost_on == dt.date(2013, 10, 6)
        assert not Invitation.objects.exists()

    def test_a_subscription_of_today(self, stripe):
        payloads = self.read("stripe.json")
        assert stripe.applied(payloads["event"]) == "ignored"
        wrapped = payloads["event"] | {
            "id": "evt_wrapped",
            "type": "customer.subscription.updated",
            "data": {"object": payloads["subscription"]},
        }
        assert stripe.applied(wrapped) == "applied"
        row = Cancellation.objects.select_related("subscription").get()
        assert row.external_id == "sub_1Pgc6rB7WZ01zgkWNy0Cn5nw"
        assert row.subscription.mrr == Decimal("20.00")
        assert row.effective_on == dt.date(2009, 2, 13)


def test_payloads_are_dropped_by_the_ticker(stripe, settings):
    named = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert purge_payloads.name in named
    stripe.applied(event("set_to_end"))
    with time_machine.travel(NOW + dt.timedelta(days=31), tick=False):
        purge_payloads()
    assert WebhookEvent.objects.get().payload is None
