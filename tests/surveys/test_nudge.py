"""A nudge is sent after the commit, rarely, and a broker that is away harms nobody."""

import socket
import threading
import time

import pytest
from django.db import transaction

from config.celery import app
from surveys.nudge import Nudge
from surveys.tasks import settle_due


@pytest.fixture
def sent(monkeypatch):
    options = []
    monkeypatch.setattr(settle_due, "apply_async", lambda **kwargs: options.append(kwargs))
    return options


def is_sent_by(nudge):
    thread = nudge.send()
    if thread:
        thread.join(30)
        assert not thread.is_alive()
    return thread is not None


def test_one_a_second_is_enough(sent):
    nudge = Nudge(settle_due)
    assert is_sent_by(nudge)
    assert not is_sent_by(nudge)
    nudge._not_before = 0.0
    assert is_sent_by(nudge)
    assert sent == [{"expires": 60}, {"expires": 60}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("rolled_back", "messages"), [(False, 1), (True, 0)])
def test_only_what_is_committed_is_told(sent, rolled_back, messages):
    nudge = Nudge(settle_due)
    with transaction.atomic():
        nudge.after_commit()
        transaction.set_rollback(rolled_back)
        assert sent == []
    for thread in threading.enumerate():
        if thread.name.startswith("nudge"):
            thread.join(5)
    assert len(sent) == messages


def test_a_broker_that_hangs_holds_nobody_up(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(settle_due, "apply_async", lambda **kwargs: released.wait(10))
    nudge = Nudge(settle_due)
    thread = nudge.send()
    assert nudge.send() is None
    assert thread.is_alive()  # the broker still hangs, and we are here
    released.set()
    thread.join(5)


def test_a_broker_that_is_away_is_logged_without_its_password_and_left_alone(monkeypatch, caplog):
    """A real connection to an address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        broker = f"redis://:secret@127.0.0.1:{probe.getsockname()[1]}/0"
    publish = settle_due.apply_async

    def refused(**options):
        with app.connection_for_write(broker) as connection:
            publish(connection=connection, retry=False, **options)

    monkeypatch.setattr(settle_due, "apply_async", refused)
    nudge = Nudge(settle_due)
    assert is_sent_by(nudge)
    assert "The broker is away" in caplog.text
    assert "secret" not in caplog.text
    assert nudge._not_before - time.monotonic() > 20
