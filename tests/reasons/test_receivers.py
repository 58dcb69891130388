"""News from below is passed on after the commit, and a broker that is away harms nobody."""

import threading

import pytest

from reasons import receivers
from reasons.defaults import install_defaults
from reasons.services import classify_unread
from reasons.tasks import classify_unread as classify_unread_task
from surveys.models import Response
from surveys.nudge import Nudge
from surveys.signals import cancellation_changed, response_submitted
from tests.factories.reasons import answered
from tests.factories.surveys import CancellationFactory, InvitationFactory, ResponseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """Messages to the workers, one entry each."""
    messages = []
    monkeypatch.setattr(receivers, "reading", Nudge(classify_unread_task))
    monkeypatch.setattr(classify_unread_task, "apply_async", lambda **kwargs: messages.append(1))
    return messages


def wait_for_senders():
    for thread in threading.enumerate():
        if thread.name.startswith("nudge"):
            thread.join(timeout=30)
            assert not thread.is_alive()


def test_a_response(sent, django_capture_on_commit_callbacks):
    response = answered(CancellationFactory(), reason=["price"])
    with django_capture_on_commit_callbacks(execute=True):
        response_submitted.send(sender=Response, response=response)
        assert sent == []
    wait_for_senders()
    assert sent == [1]


def test_a_response_before_there_is_a_cancellation(sent, django_capture_on_commit_callbacks):
    response = ResponseFactory(invitation=InvitationFactory(for_intent=True))
    with django_capture_on_commit_callbacks(execute=True):
        response_submitted.send(sender=Response, response=response)
    wait_for_senders()
    assert sent == []


def test_a_cancellation(sent, django_capture_on_commit_callbacks):
    cancellation = CancellationFactory()
    with django_capture_on_commit_callbacks(execute=True):
        cancellation_changed.send(sender=object, cancellation=cancellation)
    wait_for_senders()
    assert sent == [1]


def test_a_broker_that_hangs(sent, monkeypatch, django_capture_on_commit_callbacks):
    """The answer is taken in at once and read by the sweep."""
    install_defaults()
    released = threading.Event()
    returned = threading.Event()

    def hang(**kwargs):
        released.wait(20)
        returned.set()

    monkeypatch.setattr(classify_unread_task, "apply_async", hang)
    response = answered(CancellationFactory(), reason=["hard_or_no_help"])
    with django_capture_on_commit_callbacks(execute=True):
        response_submitted.send(sender=Response, response=response)
    assert not returned.is_set()  # the broker still hangs, and the answer is in
    assert classify_unread() == 1
    assert response.classifications.get().reason.code == "hard_to_use"
    released.set()
    wait_for_senders()


def test_the_task_may_run_twice():
    install_defaults()
    cancellation = CancellationFactory()
    answered(cancellation, reason=["hard_or_no_help"])
    for _ in range(2):
        classify_unread_task()
    assert cancellation.classifications.count() == 1


def test_the_task_has_the_name_that_the_schedule_knows(settings):
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert classify_unread_task.name in names
