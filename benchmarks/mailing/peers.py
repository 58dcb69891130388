"""Who our workers are measured against. Each runs in two processes that share the mails.

- *bare*: ``smtplib`` over one connection, a message that is there already (only recipient and
  Message-ID are put in), and one UPDATE a mail by the database's own driver, committed at once.
- *Django*: a mail rendered by the same templates, ``EmailMultiAlternatives.send()``, which opens
  a connection for each, and one UPDATE by the ORM.
"""

import datetime as dt
import multiprocessing
import smtplib
import time
from urllib.parse import urlsplit

PROCESSES = 2


def run(target, keys, *arguments):
    """``target(keys, *arguments, barrier)`` in two processes; returns when it began."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(PROCESSES + 1)
    processes = [
        spawn.Process(target=target, args=(keys[number::PROCESSES], *arguments, barrier))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    began = time.monotonic()
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"A process of {target.__name__} ended with {process.exitcode}.")
    return began


def bare(keys, url, port, message, name, barrier):
    """``message``: bytes with @RECIPIENT@ and @ID@ where these are to be put in."""
    execute = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
    server = smtplib.SMTP("127.0.0.1", port, timeout=60)
    server.ehlo()
    barrier.wait()
    for key in keys:
        recipient = f"person-{key}@mail.localhost"
        filled = message.replace(b"@RECIPIENT@", recipient.encode())
        filled = filled.replace(b"@ID@", f"<{name}-{key}@bench>".encode())
        server.sendmail("surveys@mail.localhost", [recipient], filled)
        execute(dt.datetime.now(dt.UTC), key)
    server.quit()


def django(keys, name, barrier):
    import django as framework

    framework.setup()
    from django.utils import timezone

    from surveys.delivery.mime import build_message
    from surveys.models import Invitation, InvitationState

    joined = ("survey_version", "customer", "contact", "cancellation__subscription")
    rows = list(Invitation.objects.select_related(*joined).filter(pk__in=keys))
    barrier.wait()
    for row in rows:
        row.message_id = f"<{name}-{row.pk}@bench>"
        build_message(row).send()
        Invitation.objects.filter(pk=row.pk).update(
            state=InvitationState.SENT, sent_at=timezone.now()
        )


UPDATE = "UPDATE surveys_invitation SET state = 'sent', sent_at = {0} WHERE id = {0}"


def _sqlite(url):
    import sqlite3

    path = url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    statement = UPDATE.format("?")
    return lambda moment, key: connection.execute(statement, (str(moment), key))


def _postgresql(url):
    import psycopg

    parts = urlsplit(url)
    connection = psycopg.connect(parts.geturl(), autocommit=True)
    statement = UPDATE.format("%s")
    return lambda moment, key: connection.execute(statement, (moment, key))
