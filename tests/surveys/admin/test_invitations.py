"""The list and the page of invitations, and what staff may do there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from surveys.delivery import gate
from surveys.models import Customer, InvitationState, Survey
from tests.factories.users import logged_in, staff
from tests.surveys.delivery.mails import after, invited, of_zone, reminded, sent_days_ago

pytestmark = pytest.mark.django_db

State = InvitationState
LIST = reverse("admin:surveys_invitation_changelist")


def act(client, action, *invitations, **more):
    return client.post(
        LIST,
        {"action": action, "_selected_action": [each.pk for each in invitations], **more},
        follow=True,
    )


def page_of(client, invitation):
    return client.get(reverse("admin:surveys_invitation_change", args=[invitation.pk]))


@pytest.mark.parametrize("because", [gate.ASKED_LATELY, gate.TOO_MANY, gate.CAME_BACK])
def test_why_not_is_said_in_the_list_and_on_the_page(administrator, because):
    invitation = invited(state=State.WITHHELD, withheld_because=because)

    assert because in administrator.get(LIST).content.decode()
    assert because in page_of(administrator, invitation).content.decode()


def test_its_reminders_stand_on_its_page(administrator):
    invitation = sent_days_ago(4, now=timezone.now())
    reminded(invitation, state=State.SENT, sent_at=timezone.now())
    reminded(invitation, step=2, state=State.WITHHELD, withheld_because=gate.TOO_OLD)

    page = page_of(administrator, invitation).content.decode()

    assert gate.TOO_OLD in page
    assert 'name="reminders-TOTAL_FORMS" value="2"' in page


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Tokyo", "9 a.m. to 5 p.m., Asia/Tokyo"),
        ("", "9 a.m. to 5 p.m., Europe/Berlin"),
        ("Mars/Olympus", "The customer&#x27;s time zone “Mars/Olympus” does not exist"),
    ],
)
def test_the_window_and_whose_it_is(administrator, settings, zone, words):
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    invitation = invited()
    of_zone(zone)
    Survey.objects.update(window_from="09:00", window_until="17:00")

    assert words in page_of(administrator, invitation).content.decode()


def test_at_any_time(administrator):
    assert "At any time" in page_of(administrator, invited()).content.decode()


class TestSendAgain:
    def test_it_asks_first_and_says_that_it_may_come_twice(self, administrator):
        failed, uncertain = invited(state=State.FAILED), invited(state=State.UNCERTAIN)
        sent = sent_days_ago(1, now=timezone.now(), email="bob@mail.localhost")

        page = act(administrator, "send_again", failed, uncertain, sent).content.decode()

        assert "1 of these was perhaps sent: the person may get it twice." in page
        assert f'name="_selected_action" value="{failed.pk}"' in page
        assert f'name="_selected_action" value="{sent.pk}"' not in page
        assert [after(each).state for each in (failed, uncertain)] == [
            State.FAILED,
            State.UNCERTAIN,
        ]

    def test_confirmed_it_does_and_says_what_it_did(self, administrator):
        uncertain = invited(state=State.UNCERTAIN, handed_over_at=timezone.now())
        erased = invited(state=State.FAILED, email="bob@mail.localhost")
        Customer.objects.filter(pk=erased.customer_id).update(erased_at=timezone.now())

        page = act(administrator, "send_again", uncertain, erased, confirmed="yes").content.decode()

        assert "1 invitation is sent again." in page
        assert f"1 is not sent: {gate.ERASED}" in page
        assert after(uncertain).state == State.SCHEDULED
        assert after(erased).state == State.FAILED
        assert LogEntry.objects.filter(object_id=str(uncertain.pk)).exists()

    def test_nothing_to_send_again(self, administrator):
        invitation = sent_days_ago(1, now=timezone.now())

        page = act(administrator, "send_again", invitation, confirmed="yes").content.decode()

        assert "Only what failed or was perhaps sent can be sent again." in page
        assert after(invitation).state == State.SENT

    def test_by_get_nothing_happens(self, administrator):
        invitation = invited(state=State.FAILED)

        administrator.get(
            LIST,
            {"action": "send_again", "_selected_action": invitation.pk, "confirmed": "yes"},
        )

        assert after(invitation).state == State.FAILED

    def test_who_may_only_look_may_not(self):
        client = logged_in(staff("surveys.view_invitation"))
        invitation = invited(state=State.FAILED)

        act(client, "send_again", invitation, confirmed="yes")

        assert after(invitation).state == State.FAILED


def test_withdrawing_covers_the_reminder_that_waits(administrator):
    invitation = sent_days_ago(4, now=timezone.now())
    reminder = reminded(invitation)

    page = act(administrator, "withdraw_invitations", invitation).content.decode()

    assert "1 mail was withdrawn." in page
    assert after(reminder).state == State.WITHDRAWN
    assert after(invitation).state == State.SENT


def test_names_are_inert_where_it_asks(administrator):
    invitation = invited(state=State.FAILED, last_error="<script>alert(1)</script>")
    Customer.objects.update(name="<script>alert(2)</script>")

    assert b"<script>alert" not in act(administrator, "send_again", invitation).content
