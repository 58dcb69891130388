import copy
import json
import time
from pathlib import Path

import pytest

from surveys.intake.webhooks.signature import sign

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "whsec_tests"


def event(name, /, **changes):
    """The event of a fixture; ``changes`` go into its object, names with ``event_`` around it."""
    read = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    for key, value in copy.deepcopy(changes).items():
        around, _, rest = key.partition("event_")
        if not around and rest:
            read[rest] = value
        else:
            read["data"]["object"][key] = value
    return read


class Stripe:
    """Signs as Stripe does, and posts."""

    def __init__(self, client):
        self.client = client

    def send(self, payload, *, secret=SECRET, at=None, header=None):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        if header is None:
            header = sign(body=body, secret=secret, timestamp=int(at or time.time()))
        return self.client.post(
            "/webhooks/stripe/",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": header} if header else {},
        )

    def applied(self, payload):
        answer = self.send(payload)
        assert answer.status_code == 200, answer.content
        return answer.json()["outcome"]


@pytest.fixture
def stripe(client, db, settings):
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    return Stripe(client)
