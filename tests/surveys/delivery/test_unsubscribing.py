import pytest
from django.utils import timezone

from surveys.models import Invitation, InvitationState, Suppression
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    InvitationFactory,
    SubscriptionFactory,
)

pytestmark = pytest.mark.django_db


def invitation_to(email="Ann@mail.localhost", **facts):
    contact = ContactFactory(email=email)
    cancellation = CancellationFactory(subscription=SubscriptionFactory(customer=contact.customer))
    return InvitationFactory(cancellation=cancellation, contact=contact, **facts)


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_the_page_changes_nothing_however_often(client, method):
    invitation = invitation_to()
    before = Invitation.objects.values().get()

    for _ in range(100):
        response = getattr(client, method)(f"/u/{invitation.token}/")

    assert response.status_code == 200
    assert Invitation.objects.values().get() == before
    assert not Suppression.objects.exists()
    assert not response.cookies


def test_the_page_asks_without_showing_the_address(client):
    page = client.get(f"/u/{invitation_to().token}/").content.decode()

    assert '<form method="post">' in page
    assert "A…\N{WORD JOINER}@mail.localhost" in page
    assert "Ann@" not in page


@pytest.mark.parametrize(
    "body", [{"List-Unsubscribe": "One-Click"}, {}], ids=["one click", "the page's button"]
)
def test_posting_suppresses_the_address_and_stops_what_is_waiting(client, body):
    invitation = invitation_to()
    waiting = invitation_to("ann@MAIL.localhost", state=InvitationState.SCHEDULED, sent_at=None)
    other = invitation_to("bob@mail.localhost", state=InvitationState.SCHEDULED, sent_at=None)

    response = client.post(f"/u/{invitation.token}/", body)

    assert response.status_code == 200
    assert "We will not write to you again" in response.content.decode()
    assert Suppression.objects.covers("ann@mail.LOCALHOST")
    assert not Suppression.objects.covers("bob@mail.localhost")
    assert Invitation.objects.get(pk=waiting.pk).state == InvitationState.WITHDRAWN
    assert Invitation.objects.get(pk=other.pk).state == InvitationState.SCHEDULED
    assert Invitation.objects.get(pk=invitation.pk).state == InvitationState.SENT


def test_posting_again_is_the_same(client):
    invitation = invitation_to()
    for _ in range(3):
        assert client.post(f"/u/{invitation.token}/").status_code == 200

    assert Suppression.objects.count() == 1


def test_a_mail_program_posts_without_cookies_or_csrf_token(settings):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    invitation = invitation_to()

    response = client.post(
        f"/u/{invitation.token}/",
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 200
    assert Suppression.objects.covers("ann@mail.localhost")


def test_after_the_contact_was_erased(client):
    invitation = invitation_to()
    invitation.contact.delete()

    for method in (client.get, client.post):
        response = method(f"/u/{invitation.token}/")
        assert response.status_code == 200
        assert "We no longer keep an address of yours." in response.content.decode()


@pytest.mark.parametrize("token", ["x" * 24, "x" * 500, "%00" * 8, "..%2f.."])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_a_plain_404(client, method, token):
    response = getattr(client, method)(f"/u/{token}/")

    assert response.status_code == 404
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_nothing_else_is_understood(client, method):
    invitation = invitation_to()

    assert getattr(client, method)(f"/u/{invitation.token}/").status_code == 405
    assert not Suppression.objects.exists()


def test_expired_and_withdrawn_invitations_unsubscribe_all_the_same(client):
    invitation = invitation_to(state=InvitationState.WITHDRAWN, expires_at=timezone.now())

    client.post(f"/u/{invitation.token}/")

    assert Suppression.objects.covers("ann@mail.localhost")


def test_names_are_inert(client):
    invitation = invitation_to('"<b>"@mail.localhost')

    assert "<b>" not in client.get(f"/u/{invitation.token}/").content.decode()


def test_no_cache_no_referrer_no_index(client):
    response = client.get(f"/u/{invitation_to().token}/")

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]


def test_queries(client, django_assert_num_queries):
    invitation = invitation_to()
    with django_assert_num_queries(1):
        client.get(f"/u/{invitation.token}/")
    # The row, a savepoint's two, suppress, withdraw invitations and reminders.
    with django_assert_num_queries(6):
        client.post(f"/u/{invitation.token}/")
