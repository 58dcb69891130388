"""How many invitations two Celery workers send, beside bare smtplib and Django one by one.

    python benchmarks/send_mail.py                        100,000 mails (MAILS says otherwise)
    python benchmarks/send_mail.py --mails 10000          quicker
    python benchmarks/send_mail.py --only sqlite          or postgresql

All three hand their mails to the same SMTP server on this machine, in two processes each, and
commit each mail to the same database. They take turns in every round, and each goes first in
turn; what is printed are medians, and the median of the rounds' ratios. Our mails are counted by
their Message-IDs: none may be lost, none may come twice. Redis carries the tasks where it
answers (REDIS_URL), a folder where it does not. PostgreSQL is taken from POSTGRES_URL, where a
scratch database is made and dropped. Ends with a non-zero status where a limit is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from mailing import peers as senders
from mailing.sink import running_sink
from peers.scratch import postgres_urls, sqlite_url

ROOT = Path(__file__).resolve().parent.parent
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/14")
WORKERS = 2
AT_LEAST_OF_BARE = 0.6
AT_LEAST_TIMES_DJANGO = 3.0
# Django's way takes so long that a part of a round is enough to know its rate.
DJANGO_SHARE = 0.1


class Contest:
    """One database's rounds."""

    def __init__(self, *, url, sink, folder, broker, mails, rounds):
        from mailing import rows

        self.url, self.sink, self.folder, self.broker = url, sink, folder, broker
        self.rows = rows
        self.rounds = rounds
        self.each = mails // rounds
        self.ours = rows.make_invitations(self.each * rounds, prefix="own", state=rows.NOT_DUE)
        # The peers take the same rows again in each round: theirs are never due.
        self.theirs = rows.make_invitations(self.each, prefix="peer", state=rows.NEVER_DUE)
        self.message = self._bare_message()
        self.rates = {"ours": [], "bare": [], "django": []}
        self.faults = []

    def run(self):
        takers = [self._take_ours, self._take_bare, self._take_django]
        with workers(self.environment(), self.folder / "workers.log"):
            for number in range(self.rounds):
                first = number % len(takers)
                for take in takers[first:] + takers[:first]:
                    self.sink.reset()
                    take(number)
        states = self.rows.states_of(self.ours)
        if states != {"sent": len(self.ours)}:
            self.faults.append(f"our rows ended up as {states}")

    def environment(self):
        return os.environ | {
            "DATABASE_URL": self.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}",
            "BROKER_URL": self.broker,
        }

    def _take_ours(self, number):
        from surveys.tasks import send_due

        keys = self.ours[number * self.each : (number + 1) * self.each]
        self.rows.make_due(keys)
        began = time.monotonic()
        for _worker in range(WORKERS):
            send_due.delay()
        stats = self._note("ours", len(keys), began)
        if stats["distinct"] != len(keys) or stats["count"] != len(keys):
            self.faults.append(
                f"of {len(keys)} mails came {stats['distinct']}, in {stats['count']}"
            )

    def _take_bare(self, number):
        arguments = (self.url, self.sink.port, self.message, f"bare-{number}")
        self._note("bare", self.each, senders.run(senders.bare, self.theirs, *arguments))

    def _take_django(self, number):
        keys = self.theirs[: max(100, int(self.each * DJANGO_SHARE))]
        self._note("django", len(keys), senders.run(senders.django, keys, f"django-{number}"))

    def _note(self, name, expected, began):
        stats = self.sink.wait_for(expected)
        self.rates[name].append(stats["count"] / (stats["last"] - began))
        return stats

    def _bare_message(self):
        """One of our own mails, as large as they are."""
        from surveys.delivery.outlets import SmtpOutlet
        from surveys.models import Invitation

        joined = ("survey_version", "customer", "contact", "cancellation__subscription")
        row = Invitation.objects.select_related(*joined).get(pk=self.theirs[0])
        row.message_id = "@ID@"
        envelope = SmtpOutlet().prepare(row)
        return envelope.payload.replace(f"To: {row.contact.email}".encode(), b"To: @RECIPIENT@")

    def report(self):
        """Prints the figures; returns what was missed."""
        of_bare = self._ratio("bare")
        times_django = self._ratio("django")
        for name, label in (
            ("ours", f"{WORKERS} Celery workers"),
            ("bare", f"{senders.PROCESSES} bare smtplib senders"),
            ("django", f"{senders.PROCESSES} x Django's EmailBackend one by one"),
        ):
            rates = sorted(self.rates[name])
            spread = f"{rates[0]:,.0f} to {rates[-1]:,.0f}"
            print(f"  {label:40} {statistics.median(rates):>8,.0f} mails/s   ({spread})")
        print(f"  of bare smtplib: {of_bare:.2f}, at least {AT_LEAST_OF_BARE}")
        print(f"  times Django's backend: {times_django:.1f}, at least {AT_LEAST_TIMES_DJANGO}")
        print(f"  {len(self.ours):,} sent, {'; '.join(self.faults) or 'none lost, none doubled'}")
        missed = list(self.faults)
        if of_bare < AT_LEAST_OF_BARE:
            missed.append(f"{of_bare:.2f} of bare smtplib")
        if times_django < AT_LEAST_TIMES_DJANGO:
            missed.append(f"{times_django:.1f} times Django's backend")
        return missed

    def _ratio(self, name):
        pairs = zip(self.rates["ours"], self.rates[name], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


@contextmanager
def workers(environment, log):
    """Two Celery worker processes, ready for tasks."""
    from config.celery import app

    output = log.open("wb")
    processes = [
        subprocess.Popen(
            [
                sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker",
                "--pool", "solo", "--loglevel", "WARNING", "--hostname", f"sender{number}@bench",
            ],
            cwd=ROOT, env=environment, stdout=output, stderr=output,
        )
        for number in range(WORKERS)
    ]  # fmt: skip
    try:
        until = time.monotonic() + 60
        while len(app.control.ping(timeout=1) or []) < WORKERS and time.monotonic() < until:
            pass
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
        output.close()
        if (written := log.read_text()).count("Traceback"):
            print(written)


def durability(url):
    """What is safe once a mail is noted, for all three alike."""
    if url.startswith("sqlite"):
        return "SQLite: journal_mode=WAL, synchronous=NORMAL"
    with psycopg.connect(url) as connection:
        shown = [
            f"{name}={connection.execute(f'SHOW {name}').fetchone()[0]}"
            for name in ("synchronous_commit", "fsync", "full_page_writes")
        ]
        return f"PostgreSQL {connection.info.server_version // 10000}: {', '.join(shown)}"


def broker(folder):
    """Redis where it answers and its database is empty, else the folder."""
    with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1) as client:
        try:
            if client.dbsize() == 0:
                return REDIS_URL
        except redis.RedisError:
            pass
    return "folder://localhost/"


def measure(url, options, folder):
    """In a process of its own, because Django is set up for one database. Ends with its status."""
    os.environ |= {
        "VAR_DIR": str(folder), "ENV_FILE": "/nonexistent", "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "WARNING",
        "DEFAULT_FROM_EMAIL": "surveys@mail.localhost", "ORGANISATION_NAME": "Lindenpost",
    }  # fmt: skip
    sys.path.insert(0, str(ROOT))
    with running_sink() as sink:
        os.environ |= {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "BROKER_URL": broker(folder)}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        contest = Contest(
            url=url, sink=sink, folder=folder, broker=os.environ["BROKER_URL"],
            mails=options.mails, rounds=options.rounds,
        )  # fmt: skip
        contest.run()
    print(f"\n{durability(url)}")
    print(f"  broker {os.environ['BROKER_URL'].partition(':')[0]}, {options.rounds} rounds")
    return contest.report()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mails", type=int, default=int(os.environ.get("MAILS", "100000")))
    parser.add_argument("--rounds", type=int, default=0, help="5, or 3 for fewer than 50,000 mails")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.mails >= 50_000 else 3)
    with tempfile.TemporaryDirectory(prefix="whyleft-bench-") as name:
        folder = Path(name)
        if options.url:
            missed = measure(options.url, options, folder)
            sys.exit(f"Missed: {'; '.join(missed)}" if missed else 0)
        with postgres_urls(["mail"]) as postgres:
            urls = {
                "sqlite": sqlite_url(folder, "mail"),
                "postgresql": (postgres or {}).get("mail"),
            }
            statuses = []
            for vendor, url in urls.items():
                if options.only in (None, vendor):
                    if url is None:
                        print(f"\n{vendor}: NOT MEASURED, no server answers at POSTGRES_URL.")
                        continue
                    statuses.append(
                        subprocess.run(
                            [
                                sys.executable, __file__, "--url", url,
                                "--mails", str(options.mails), "--rounds", str(options.rounds),
                            ],
                            check=False,
                        ).returncode
                    )  # fmt: skip
    sys.exit(max(statuses, default=0))


if __name__ == "__main__":
    main()
