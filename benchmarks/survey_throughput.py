"""How many survey pages a second, beside a bare Django view and beside django-survey-and-report.

    python benchmarks/survey_throughput.py                          quick: under three minutes
    python benchmarks/survey_throughput.py --rounds 9 --seconds 5   quieter figures
    python benchmarks/survey_throughput.py --only sqlite            or postgresql

Each project runs behind gunicorn with one gthread worker pinned to one core, wrk on the other, the
three in turn in every round; what is printed are medians, and the median of the rounds' ratios.
docs/benchmarks.md says what exactly is compared. Needs wrk. django-survey-and-report is installed
into an environment of its own under .make; PostgreSQL is taken from POSTGRES_URL, where scratch
databases are made and dropped. Ends with a non-zero status where a limit is missed.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from peers.contest import NAMES, Contest
from peers.scratch import durability, postgres_urls, sqlite_url
from peers.serving import cores
from peers.workloads import workloads

# No core answers more a second; so many invitations are prepared.
MOST_A_SECOND = 3_000
WARM_UP_SECONDS = 1


def measure(vendor, urls, folder, options):
    """Prints one database's figures; returns what was missed."""
    seconds, rounds = options.seconds, options.rounds
    once = int(MOST_A_SECOND * (seconds * rounds + WARM_UP_SECONDS))
    counts = {"opened": 2000, "one_screen": once}
    if not options.only_limits:
        counts |= {"fresh": once, "first_screen": once}
    with Contest(urls=urls, folder=folder, counts=counts) as contest:
        tokens = {"fresh": [], "first_screen": []} | contest.tokens
        listed = workloads(tokens=tokens, peer=contest.peer, vendor=vendor)
        if options.only_limits:
            listed = [workload for workload in listed if workload.limits]
        for workload in listed:
            for name, load in workload.loads.items():
                contest.rate(name, load, WARM_UP_SECONDS)
        for number in range(rounds):
            for workload in listed:
                # Each goes first in turn, so that none always comes after the same one.
                names = sorted(workload.loads)
                first = number % len(names)
                for name in names[first:] + names[:first]:
                    workload.note(name, *contest.rate(name, workload.loads[name], seconds))
        sizes = contest.sizes()
    print(f"\n{durability(urls['whyleft'])}\n{sizes}; medians of {rounds} x {seconds} s")
    return [f"{vendor}: {missed}" for workload in listed for missed in workload.report()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--only-limits", action="store_true", help="leave out what has no limit")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed (apt install wrk): nothing has been measured.")
    if cores() is None or not shutil.which("taskset"):
        print("Server and load share the cores: the figures say little.", file=sys.stderr)
    missed = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="whyleft-bench-")))
        databases = {"sqlite": {name: sqlite_url(folder, name) for name in NAMES}}
        databases["postgresql"] = stack.enter_context(postgres_urls(NAMES))
        for vendor, urls in databases.items():
            if options.only not in (None, vendor):
                continue
            if not urls:
                print(f"\n{vendor}: NOT MEASURED, no server answers at POSTGRES_URL.")
                continue
            (folder / vendor).mkdir()
            missed += measure(vendor, urls, folder / vendor, options)
    if missed:
        raise SystemExit(f"Missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
