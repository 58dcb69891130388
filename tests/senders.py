"""An installation of its own for senders that are processes: database, mail server, settings.

What they do to their rows cannot be seen from the test's own database, so tests ask by running
code in the installation.
"""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import environ
import psycopg

from tests.mail_sink import MailSink, mail_sink

ROOT = Path(__file__).resolve().parent.parent

INVITE = """
import datetime as dt
from django.utils import timezone
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.recording import record_cancellation
now = timezone.now()
for number in range({count}):
    record_cancellation(
        source="test", external_id=f"{prefix}-{{number}}", kind="voluntary",
        customer=CustomerFacts(
            external_id=f"{prefix}-{{number}}",
            contact_email=f"{prefix}-{{number}}@mail.localhost", contact_name="Ann",
        ),
        subscription=SubscriptionFacts(
            external_id=f"{prefix}-{{number}}", started_on=dt.date(2020, 1, 1)
        ),
        requested_at=now - dt.timedelta(hours=2), effective_on=now.date(),
    )
"""
STATES = """
import json
from collections import Counter
from surveys.models import Invitation
invitations = Invitation.objects.filter(contact__email__startswith="{prefix}-")
print(json.dumps(Counter(invitations.values_list("state", flat=True))))
"""
CONSOLE = """
import contextlib, io, json, sys, traceback
import django
django.setup()
for line in sys.stdin:
    output, error = io.StringIO(), ""
    with contextlib.redirect_stdout(output):
        try:
            exec(json.loads(line), {})
        except BaseException:
            error = traceback.format_exc()
    print(json.dumps({"output": output.getvalue(), "error": error}), flush=True)
"""
LEASES_RUN_OUT = """
from django.utils import timezone
from surveys.models import Invitation
Invitation.objects.filter(state="sending").update(leased_until=timezone.now())
"""


@dataclass
class Senders:
    folder: Path
    sink: MailSink
    database_url: str
    settings: dict[str, str] = field(default_factory=dict)
    console: "subprocess.Popen[str] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "VAR_DIR": str(self.folder),
            "ENV_FILE": "/nonexistent",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "DATABASE_URL": self.database_url,
            "EMAIL_URL": self.sink.url,
            "TICK_SECONDS": "0.5",
            **self.settings,
        }

    def manage(self, *arguments: str) -> str:
        """A command, run in the console's process; returns what it printed."""
        return self.run(
            f"from django.core.management import call_command\ncall_command(*{arguments!r})"
        )

    def run(self, code: str) -> str:
        """Run ``code`` in one process that stays, since starting one takes seconds."""
        if self.console is None:
            with (self.folder / "console.log").open("w") as log:
                self.console = self._start("-c", CONSOLE, errors=log)
        assert self.console.stdin is not None
        assert self.console.stdout is not None
        self.console.stdin.write(json.dumps(code) + "\n")
        self.console.stdin.flush()
        line = self.console.stdout.readline()
        assert line, (self.folder / "console.log").read_text()
        said = json.loads(line)
        assert not said["error"], said["error"]
        return said["output"]

    def start_code(self, code: str) -> "subprocess.Popen[str]":
        """Run ``code`` in a process of its own and do not wait for it."""
        return self._start("-c", f"import django\ndjango.setup()\n{code}")

    def _start(
        self, *arguments: str, errors: int | TextIO = subprocess.PIPE
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip

    def use(self, **settings: str) -> None:
        """Change settings of the environment for every process from here on."""
        self.close()
        self.settings |= settings

    def close(self) -> None:
        if self.console is not None:
            self.console.communicate()
            self.console = None

    def invite(self, prefix: str, count: int) -> None:
        """So many invitations become due, to ``<prefix>-0@mail.localhost`` and so on."""
        self.run(INVITE.format(prefix=prefix, count=count))

    def states(self, prefix: str) -> dict[str, int]:
        """How many of these invitations are in which state."""
        return json.loads(self.run(STATES.format(prefix=prefix)))

    def let_leases_run_out(self) -> None:
        self.run(LEASES_RUN_OUT)

    def received(self, prefix: str) -> list[str]:
        """To whom mail came, a line a mail."""
        return sorted(m["To"] for m in self.sink.received if m["To"].startswith(f"{prefix}-"))

    @contextmanager
    def worker(self) -> Iterator[Path]:
        """A Celery worker with its ticker; yields its log."""
        log = self.folder / "worker.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--beat",
                    "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO",
                    "--schedule", str(self.folder / "beat-schedule"),
                ],
                cwd=ROOT, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
            try:
                yield log
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


@contextmanager
def senders(folder: Path) -> Iterator[Senders]:
    """With the tables and the default surveys in place; everything is gone afterwards."""
    with mail_sink() as sink, own_database(folder) as database_url:
        installation = Senders(folder=folder, sink=sink, database_url=database_url)
        try:
            installation.manage("migrate", "--verbosity", "0")
            installation.manage("setup_defaults", "--no-model")
            yield installation
        finally:
            installation.close()


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """Of the kind that the tests run on: a file, or a database that is made and dropped."""
    asked = os.environ.get("DATABASE_URL", "")
    if not asked or asked.startswith("sqlite"):
        yield f"sqlite:///{folder / 'senders.sqlite3'}"
        return
    server = environ.Env.db_url_config(asked)
    name = f"whyleft_senders_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(
        host=server["HOST"] or None, port=server["PORT"] or None, user=server["USER"] or None,
        password=server["PASSWORD"] or None, dbname="postgres", autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            head, _, options = asked.partition("?")
            own = head.rsplit("/", 1)[0] + "/" + name
            yield f"{own}?{options}" if options else own
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
