"""kill -9 of a sender in mid-batch: nothing is lost, nothing is sent twice (FAULTS 1 and 2)."""

import os
import signal
import time

import pytest

from tests.senders import senders

COUNT = 6
# What a sender runs that dies by kill -9 as it comes to its third mail, and where exactly.
DIE = """
import os, signal
from surveys.delivery import ledger, outlets, sending
sending.AHEAD = {ahead}
original, calls = {place}, []
def dying(self, *arguments, **options):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, *arguments, **options)
{place} = dying
sending.send_due()
"""
SEND = """
from surveys.delivery import sending
sending.send_due()
"""
# Four threads that send at once, each with a connection to the database of its own.
SEND_IN_THREADS = """
import threading
from django.db import connection
from surveys.delivery import sending
sending.CHUNK = 3
def send():
    sending.send_due()
    connection.close()
threads = [threading.Thread(target=send) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with senders(tmp_path_factory.mktemp("senders")) as installation:
        yield installation


def everyone(prefix, count=COUNT):
    return sorted(f"{prefix}-{number}@mail.localhost" for number in range(count))


@pytest.mark.parametrize(
    ("prefix", "place", "ahead", "sent", "received", "uncertain"),
    [
        # The first two are settled before the next two are written.
        ("writing", "sending.Sender._write", 2, 2, 2, 0),
        # The second is settled together with the hand-over of the third.
        ("second", "ledger.Ledger.hand_over", 6, 1, 2, 1),
        ("before", "outlets.SmtpOutlet.deliver", 6, 2, 2, 1),
        ("after", "ledger.Ledger.note_sent", 6, 2, 3, 1),
    ],
    ids=["writing a mail", "before its hand-over", "before it is sent", "after the server's 250"],
)
def test_killed_in_mid_batch(installation, prefix, place, ahead, sent, received, uncertain):
    installation.invite(prefix, COUNT)

    sender = installation.start_code(DIE.format(place=place, ahead=ahead))
    sender.communicate(timeout=60)

    assert sender.returncode == -signal.SIGKILL
    assert len(installation.received(prefix)) == received
    assert installation.states(prefix) == {"sent": sent, "sending": COUNT - sent}

    installation.manage("send_due")  # the leases still hold: nobody may touch these rows
    assert len(installation.received(prefix)) == received

    installation.let_leases_run_out()
    installation.manage("send_due")
    installation.manage("send_due")

    expected = {"sent": COUNT - uncertain} | ({"uncertain": uncertain} if uncertain else {})
    assert installation.states(prefix) == expected
    # Nobody gets two; whoever gets none is the one whose row says that it is not known.
    arrived = installation.received(prefix)
    assert len(arrived) == len(set(arrived)) == received + COUNT - sent - uncertain
    assert set(arrived) <= set(everyone(prefix))


def test_killed_while_the_server_has_not_answered_yet(installation):
    installation.invite("waiting", COUNT)
    installation.sink.messages["waiting-2@mail.localhost"] = "take and hang"

    sender = installation.start_code(SEND)
    until = time.monotonic() + 30
    while len(installation.received("waiting")) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(sender.pid, signal.SIGKILL)
    sender.communicate(timeout=30)

    installation.let_leases_run_out()
    installation.manage("send_due")

    assert installation.states("waiting") == {"sent": COUNT - 1, "uncertain": 1}
    assert installation.received("waiting") == everyone("waiting")


def test_two_tickers_with_eight_threads_send_each_mail_once(installation):
    installation.invite("crowd", 40)

    tickers = [installation.start_code(SEND_IN_THREADS) for _ in range(2)]
    errors = [ticker.communicate(timeout=90)[1] for ticker in tickers]

    assert [ticker.returncode for ticker in tickers] == [0, 0], errors
    assert installation.states("crowd") == {"sent": 40}
    assert installation.received("crowd") == everyone("crowd", 40)


def test_the_command_says_what_it_did(installation):
    installation.invite("said", 2)
    installation.sink.recipients["said-1@mail.localhost"] = "550 No such user"

    assert installation.manage("send_due") == "1 sent, 1 failed\n"
    assert installation.manage("send_due") == "Nothing is due.\n"
