"""Seconds and memory of ``import_csv`` on a table of 7,043 customers, and on one ten times as long.

    python benchmarks/import_csv.py [TABLE.csv]

``TABLE.csv`` has the columns of IBM's "Telco customer churn"; without it a table of the same shape
is made up. Each run has a database of its own, made anew. Seconds are those of the whole command,
from starting Python to the last classification; memory is the growth of the peak over the same
process before it begins. Fails where 10 s (for the 7,043) or 60 MB (for both) are exceeded.
"""

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAPPING = ROOT / "docs" / "examples" / "mappings" / "ibm_telco_churn.toml"
MOST_SECONDS, MOST_MEGABYTES = 10.0, 60.0
ROWS, TIMES = 7_043, 10
REASONS = ("Network reliability", "Price too high", "Moved", "Competitor had better devices")
COLUMNS = (
    "CustomerID", "Country", "Senior Citizen", "Tenure Months", "Internet Service", "Contract",
    "Monthly Charges", "Churn Label", "Churn Reason", *(f"Other {n}" for n in range(24)),
)  # fmt: skip


def made_up() -> list[list[str]]:
    """Header and rows of a table with the columns that the mapping names, and as wide."""
    chance = random.Random(7)
    rows = [list(COLUMNS)]
    for number in range(ROWS):
        left = chance.random() < 1869 / ROWS
        rows.append(
            [
                f"{number:04d}-MADEUP",
                "United States",
                chance.choice(["Yes", "No"]),
                str(chance.randint(1, 72)),
                chance.choice(["DSL", "Fiber optic", "No"]),
                chance.choice(["Month-to-month", "One year", "Two year"]),
                f"{chance.randint(1800, 12000) / 100}",
                "Yes" if left else "No",
                chance.choice(REASONS) if left else "",
                *("some value" for _ in range(24)),
            ]
        )
    return rows


def write_copies(rows: list[list[str]], times: int, path: Path) -> None:
    """``times`` as many customers: each copy has identifiers of its own."""
    header, *body = rows
    key = header.index("CustomerID")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for copy in range(times):
            for row in body:
                writer.writerow([*row[:key], f"{row[key]}-{copy}", *row[key + 1 :]])


def run_child(path: Path) -> None:
    """In a process of its own: import, then print what it took."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from reasons.management.commands import import_csv
    from surveys.models import Loss

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call_command(
        import_csv.Command(),
        *("customers", str(path), "--mapping", str(MAPPING), "--as-of", "2022-06-30"),
        stdout=sys.stderr,
        skip_checks=True,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "megabytes": (peak - idle) / 1024,
        "processor_seconds": used.ru_utime + used.ru_stime,
        "losses": Loss.objects.count(),
        "database": connection.vendor,
    }
    print(json.dumps(found))


def measure(path: Path) -> tuple[float, dict]:
    """Seconds of the whole command, and what the process says about itself."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VAR_DIR": folder, "LOG_LEVEL": "ERROR"}
        environment.pop("DATABASE_URL", None)
        for command in (["migrate", "-v0"], ["setup_defaults", "--no-model"]):
            subprocess.run(
                [sys.executable, "manage.py", *command, "--skip-checks"],
                cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        began = time.perf_counter()
        child = subprocess.run(
            [sys.executable, __file__, "--child", str(path)],
            cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return time.perf_counter() - began, json.loads(child.stdout.splitlines()[-1])


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        run_child(Path(sys.argv[2]))
        return 0
    rows = made_up()
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, TIMES):
            path = Path(folder) / f"{times}.csv"
            write_copies(rows, times, path)
            seconds, found = measure(path)
            late = times == 1 and seconds > MOST_SECONDS
            failed |= late or found["megabytes"] > MOST_MEGABYTES
            print(
                f"{(len(rows) - 1) * times:>7} rows: {seconds:6.1f} s"
                f"{f' (at most {MOST_SECONDS:.0f})' if times == 1 else ''}, "
                f"{found['processor_seconds']:.1f} s of processor time, "
                f"{found['megabytes']:5.1f} MB over idle (at most {MOST_MEGABYTES:.0f}), "
                f"{found['losses']} losses, {found['database']}"
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
