"""One query for a link, and the rows that are made of it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.glance import Glance, glance, invitation_of
from surveys.models import Invitation, InvitationState, Loss, Response
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    InvitationFactory,
    ResponseFactory,
)

NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
RELATED = (
    "survey_version",
    "customer",
    "contact",
    "intent",
    "cancellation__subscription",
    "cancellation__loss",
    "response__cancellation",
)


def mailed():
    return InvitationFactory()


def without_a_contact():
    return InvitationFactory(contact=None)


def offered():
    return InvitationFactory(for_intent=True, language="")


def lost():
    invitation = InvitationFactory(opened_at=NOW)
    cancellation = invitation.cancellation
    Loss.objects.create(
        customer=invitation.customer,
        cancellation=cancellation,
        lost_on=cancellation.effective_on,
        span_started_on=cancellation.effective_on - dt.timedelta(days=90),
    )
    return invitation


def kept():
    invitation = InvitationFactory()
    Response.objects.create(
        invitation=invitation, survey_version=invitation.survey_version,
        customer=invitation.customer, language="de", started_at=NOW,
        unsent={"reason": "price"}, unsent_at=NOW,
    )  # fmt: skip
    return invitation


def answered():
    invitation = InvitationFactory()
    ResponseFactory(invitation=invitation, text_probe="price_probe", completed_at=NOW)
    return invitation


def answered_while_cancelling():
    invitation = InvitationFactory(for_intent=True)
    ResponseFactory(invitation=invitation, cancellation=CancellationFactory())
    return invitation


EVERY = [mailed, without_a_contact, offered, lost, kept, answered, answered_while_cancelling]


@pytest.mark.django_db
@pytest.mark.parametrize("make", EVERY)
def test_rows_are_as_the_orm_reads_them(make):
    expected = Invitation.objects.select_related(*RELATED).get(pk=make().pk)
    with CaptureQueriesContext(connection) as queries:
        invitation = invitation_of(glance(expected.token))
        compare(invitation, expected, RELATED)
    assert len(queries) == 1


def compare(row, expected, relations):
    """Every column that was read, and the same of each relation."""
    left_out = row.get_deferred_fields()
    for field in expected._meta.concrete_fields:
        if field.attname not in left_out:
            assert getattr(row, field.attname) == getattr(expected, field.attname), field
    for path in relations:
        name, _, further = path.partition("__")
        ours, theirs = getattr(row, name, None), getattr(expected, name, None)
        assert ours == theirs, name
        if ours is not None:
            compare(ours, theirs, [further] if further else [])


@pytest.mark.django_db
def test_what_was_not_read_is_read_once_it_is_asked_for():
    expected = InvitationFactory(message_id="<one@example.com>")
    invitation = invitation_of(glance(expected.token))
    assert invitation.message_id == "<one@example.com>"
    assert invitation.contact.email == expected.contact.email
    assert invitation.survey_version.definition == expected.survey_version.definition


@pytest.mark.django_db
def test_a_contact_of_a_customer_with_several():
    customer = CustomerFactory()
    ContactFactory(customer=customer, name="First")
    second = ContactFactory(customer=customer, name="Second", is_primary=False)
    invitation = InvitationFactory(
        cancellation=CancellationFactory(subscription__customer=customer), contact=second
    )
    assert glance(invitation.token).contact_name == "Second"


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "short", "a" * 500, "x" * 23 + "é", "'or 1=1--xxxxxxxxxx"])
def test_what_cannot_be_a_token_asks_nothing(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert glance(token) is None


@pytest.mark.django_db
def test_what_could_be_one_asks_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert glance("x" * 24) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "unanswered"),
    [
        ({}, True),
        ({"unsent_at": NOW, "response_id": 1}, True),
        ({"submitted_at": NOW, "response_id": 1}, False),
        ({"state": InvitationState.WITHDRAWN}, False),
        ({"erased_at": NOW}, False),
        ({"published_at": None}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + dt.timedelta(seconds=1)}, True),
    ],
)
def test_what_is_still_to_be_answered(change, unanswered):
    invitation = InvitationFactory(expires_at=timezone.now() + dt.timedelta(days=365))
    seen = glance(invitation.token)._replace(expires_at=NOW + dt.timedelta(days=1))
    assert isinstance(seen, Glance)
    assert seen._replace(**change).is_unanswered(NOW) is unanswered
