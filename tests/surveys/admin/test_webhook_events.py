from django.urls import reverse

from surveys.models import WebhookEvent


def test_events_are_listed_without_their_payloads(admin_client):
    event = WebhookEvent.objects.create(
        provider="stripe",
        event_id="evt_1",
        event_type="customer.updated",
        outcome="applied",
        payload={"email": "erin@leaver.dev"},
    )
    for address in (
        reverse("admin:surveys_webhookevent_changelist"),
        reverse("admin:surveys_webhookevent_change", args=[event.pk]),
    ):
        page = admin_client.get(address).content.decode()
        assert "customer.updated" in page
        assert "leaver.dev" not in page


def test_nothing_can_be_changed(admin_client):
    event = WebhookEvent.objects.create(provider="stripe", event_id="evt_1", outcome="applied")
    for action in ("change", "delete"):
        address = reverse(f"admin:surveys_webhookevent_{action}", args=[event.pk])
        assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert admin_client.get(reverse("admin:surveys_webhookevent_add")).status_code == 403
