"""A worker that has used its time up hands the rest to whoever is free."""

import pytest

from surveys import tasks
from surveys.models import InvitationState
from tests.surveys.delivery.mails import invited

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("seconds", "state", "passed_on"), [(0, "scheduled", 1), (60, "sent", 0)])
def test_more_is_asked_for_only_where_time_ran_out(sink, monkeypatch, seconds, state, passed_on):
    sent = []
    monkeypatch.setattr(tasks, "SECONDS_A_TICK", seconds)
    monkeypatch.setattr(tasks.sending_on, "send", lambda: sent.append(1))
    invitation = invited()

    tasks.send_due()

    invitation.refresh_from_db()
    assert invitation.state == InvitationState(state)
    assert len(sent) == passed_on
