import json

import pytest

from surveys.default_surveys import install_default_surveys
from surveys.models import ApiKey

CUSTOMER = {"external_id": "acct-1", "contact": {"email": "erin@leaver.dev"}}


def cancellation(**changes):
    """The smallest body of a cancellation that makes a mail, with ``changes``."""
    return {"external_id": "can-1", "customer": CUSTOMER, **changes}


def intent(**changes):
    return {"external_id": "int-1", "customer": CUSTOMER, **changes}


class Caller:
    """Calls the API with a key; a body is JSON, unless it is bytes already."""

    def __init__(self, client, secret):
        self.client, self.headers = client, {"Authorization": f"Bearer {secret}"}

    def post(self, path, body, **options):
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers=self.headers,
            **options,
        )

    def get(self, path):
        return self.client.get(f"/api/v1/{path}", headers=self.headers)


@pytest.fixture
def surveys(db):
    """The default surveys and the rules for who gets which: without them nobody is invited."""
    install_default_surveys()


@pytest.fixture
def api(client, db):
    _key, secret = ApiKey.objects.issue(name="tests")
    return Caller(client, secret)
