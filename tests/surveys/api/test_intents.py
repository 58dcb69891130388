import datetime as dt

import pytest
import time_machine

from surveys.models import Intent, Invitation, InvitationState, PaidSpan
from tests.surveys.api.conftest import CUSTOMER, cancellation, intent

NOW = dt.datetime(2026, 11, 12, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _frozen(surveys):
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_intent_is_answered_with_the_cancellation_survey(api):
    answer = api.post("intents/", intent())
    row, invitation = Intent.objects.get(), Invitation.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": row.pk,
        "source": "api",
        "external_id": "int-1",
        "outcome": "created",
        "customer": "acct-1",
        "survey_url": invitation.url,
        "invitation": "offered",
        "withheld_because": "",
        "state": "open",
    }
    assert row.opened_at == NOW
    assert invitation.survey.key == "cancellation"
    assert invitation.state == InvitationState.OFFERED


def test_repeated_it_is_the_same_survey(api):
    first, second = api.post("intents/", intent()), api.post("intents/", intent())
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "outcome": "unchanged"}
    assert Invitation.objects.count() == 1


def test_a_subscription_it_tells_of_counts_as_running(api):
    api.post("intents/", intent(subscription={"external_id": "s", "started_on": "2025-03-01"}))
    assert PaidSpan.objects.get().started_on == dt.date(2025, 3, 1)


def test_an_id_of_another_customer_is_refused(api):
    api.post("intents/", intent())
    answer = api.post("intents/", intent(customer={**CUSTOMER, "external_id": "acct-2"}))
    assert answer.status_code == 409


def test_thirty_days_later_without_a_cancellation_it_is_saved(api):
    api.post("intents/", intent())
    for days, state in ((29, "open"), (30, "saved")):
        with time_machine.travel(NOW + dt.timedelta(days=days), tick=False):
            assert api.get("intents/api/int-1/").json()["state"] == state


def test_a_withdrawn_survey_has_no_address(api):
    api.post("cancellations/", cancellation(intent="int-1"))
    Invitation.objects.update(state=InvitationState.WITHDRAWN)
    assert api.get("cancellations/api/can-1/").json()["survey_url"] is None


RETURNS = [
    ("https://app.example.com/cancel?step=2#end", True),
    ("https://app.example.com", True),
    ("HTTPS://APP.example.com/", True),
    ("http://localhost:3000/x", True),
    ("", True),
    ("http://app.example.com/", False),  # another scheme
    ("https://app.example.com:8443/", False),  # another port
    ("https://evil.example/?https://app.example.com", False),
    ("https://app.example.com.evil.example/", False),
    ("https://app.example.com@evil.example/", False),
    ("https://evil.example\\@app.example.com/", False),
    ("https://app.example.com\\.evil.example/", False),
    ("//app.example.com/", False),
    ("/cancel", False),
    ("javascript:alert(1)//https://app.example.com", False),
    ("https://[::1/", False),
    ("https://app.example.com:99999/", False),
    ("https://app.example .com/", False),
    ("https://app.example.com/" + "x" * 500, False),
]


@pytest.mark.parametrize(("address", "is_fine"), RETURNS)
def test_a_return_address_must_be_allow_listed(api, settings, address, is_fine):
    settings.SURVEY_RETURN_ORIGINS = ["https://app.example.com", "http://localhost:3000/"]
    answer = api.post("intents/", intent(return_url=address))
    assert answer.status_code == (201 if is_fine else 400)
    if is_fine:
        assert Intent.objects.get().return_url == address
    else:
        assert list(answer.json()) == ["return_url"]


def test_the_refusal_names_the_setting(api):
    answer = api.post("intents/", intent(return_url="https://app.example.com/"))
    assert "SURVEY_RETURN_ORIGINS" in answer.json()["return_url"][0]
