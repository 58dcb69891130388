"""A whole installation in processes of its own: web, worker, ticker, database, mail server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as default_policy
from pathlib import Path

import environ
from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Inbox:
    """What an SMTP server has taken in: the mails, parsed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.mails.append(BytesParser(policy=default_policy).parsebytes(envelope.content))
        return "250 OK"

    def wait_for(self, recipient: str, seconds: float = 30) -> EmailMessage:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for mail in self.mails:
                if recipient in mail["To"]:
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"No mail to {recipient} within {seconds} s: {self.mails}")


@dataclass
class Installation:
    """Started by ``start``; every process and database of it is gone after ``stop``."""

    folder: Path
    port: int = field(default_factory=free_port)
    # Where a test may serve a vendor's cancel page, as http://localhost: another site than ours.
    vendor_port: int = field(default_factory=free_port)
    inbox: Inbox = field(default_factory=Inbox)
    processes: list[subprocess.Popen] = field(default_factory=list)
    password: str = ""
    database: str = ""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.smtp = Controller(self.inbox, hostname="127.0.0.1", port=free_port())
        self.smtp.start()
        self.environment = {
            **os.environ,
            "VAR_DIR": str(self.folder),
            "ENV_FILE": "/nonexistent",
            "SECRET_KEY": "only-for-the-browser-tests-" + "x" * 40,
            "BASE_URL": self.base_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.smtp.port}",
            "DATABASE_URL": self._database_url(),
            "INVITATION_DELAY_MINUTES": "0",
            "TICK_SECONDS": "1",
            "ORGANISATION_NAME": "Harbour Tools",
            "SURVEY_RETURN_ORIGINS": f"http://localhost:{self.vendor_port}",
        }
        self.manage("prepare")
        self.password = (self.folder / "admin_password").read_text()
        binaries = Path(sys.executable).parent
        self._run(
            binaries / "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}",
            "--worker-class", "gthread", "--threads", "8", "--no-control-socket",
        )  # fmt: skip
        self._run(
            binaries / "celery", "-A", "config", "worker", "--beat", "--pool", "threads",
            "--concurrency", "2", "--loglevel", "WARNING",
            "--schedule", str(self.folder / "beat-schedule"),
        )  # fmt: skip
        self._wait_until_ready()

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.smtp.stop()
        if self.database:
            self._administer(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *command: object) -> None:
        with (self.folder / f"{Path(str(command[0])).name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(part) for part in command], cwd=ROOT, env=self.environment,
                    stdout=log, stderr=log, start_new_session=True,
                )
            )  # fmt: skip

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        logs = "\n".join(path.read_text() for path in self.folder.glob("*.log"))
        raise AssertionError(f"Not ready within a minute:\n{logs}")

    def _database_url(self) -> str:
        """A database of its own, of the kind that the tests run on."""
        asked = os.environ.get("DATABASE_URL", "")
        if not asked or asked.startswith("sqlite"):
            return f"sqlite:///{self.folder / 'installation.sqlite3'}"
        self.database = f"whyleft_browser_{uuid.uuid4().hex[:8]}"
        self._administer(f'CREATE DATABASE "{self.database}"')
        return asked.rsplit("/", 1)[0] + "/" + self.database

    def _administer(self, statement: str) -> None:
        import psycopg

        server = environ.Env.db_url_config(os.environ["DATABASE_URL"])
        with psycopg.connect(
            host=server["HOST"] or None, port=server["PORT"] or None, user=server["USER"] or None,
            password=server["PASSWORD"] or None, dbname=server["NAME"], autocommit=True,
        ) as connection:  # fmt: skip
            connection.execute(statement)
