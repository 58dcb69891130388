import datetime as dt

import pytest
import time_machine

from surveys.models import ApiKey
from tests.surveys.api.conftest import cancellation

NOON = dt.datetime(2026, 11, 12, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Api-Key", "API-KEY"])
def test_a_key_opens_the_door(api, scheme):
    secret = api.headers["Authorization"].removeprefix("Bearer ")
    api.headers = {"Authorization": f"{scheme} {secret}"}
    assert api.post("cancellations/", cancellation()).status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wl_unknown",
        "Bearer wl_one wl_two",
        "Basic d2w6d2w=",
        "wl_unknown",
        "Bearer \u00e9\u00e9",
        "Bearer " + "x" * 5000,
    ],
)
def test_anything_else_is_401_and_says_how(api, header):
    api.headers = {} if header is None else {"Authorization": header}
    answer = api.post("cancellations/", cancellation())
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["detail"]


def test_a_revoked_key_is_401(api):
    ApiKey.objects.get().revoke()
    assert api.post("cancellations/", cancellation()).status_code == 401


def test_the_secret_is_not_in_the_database(api):
    secret = api.headers["Authorization"].removeprefix("Bearer ")
    row = ApiKey.objects.values().get()
    assert secret not in str(row)
    assert len(row["prefix"]) < len(secret) / 3


def test_use_is_noted_once_a_minute(api):
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (90, 60), (125, 125)):
        with time_machine.travel(NOON + dt.timedelta(seconds=seconds), tick=False):
            assert api.get("cancellations/api/none/").status_code == 404
        assert ApiKey.objects.get().last_used_at == NOON + dt.timedelta(seconds=noted)


def test_a_session_of_the_admin_is_no_key(api, admin_client):
    answer = admin_client.post(
        "/api/v1/cancellations/", cancellation(), content_type="application/json"
    )
    assert answer.status_code == 401
