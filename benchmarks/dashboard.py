"""What the pages of figures cost: SQL queries and time, of a user with the role analyst.

    python benchmarks/dashboard.py                     the demo's company, or one of its own
    VAR_DIR=... python benchmarks/dashboard.py         the database of an installation

Reads the database named by VAR_DIR or DATABASE_URL, else the one that ``make demo`` has made, else
loads the sample company into a folder of its own. Writes nothing but a user, and takes it away
again. Ends with a non-zero status where a limit is passed.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "var" / "demo"
FOLDER = tempfile.TemporaryDirectory(prefix="whyleft-bench-")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
NAMED = "VAR_DIR" in os.environ or "DATABASE_URL" in os.environ
OWN = not NAMED and not (DEMO / "whyleft.sqlite3").exists()
if not NAMED:
    os.environ["VAR_DIR"] = FOLDER.name if OWN else str(DEMO)
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.crypto import get_random_string  # noqa: E402

ROUNDS = 30
LIMIT = 15
PAGES = {
    "why customers leave": "/admin/",
    "the same, 12 months by MRR": "/admin/?period=12m&weight=mrr",
    "the same, filtered": "/admin/?period=6m&kind=voluntary&life_stage=early",
    "churn rates, 12 months": "/admin/churn-rates/",
    "verbatims, first page": "/admin/verbatims/?period=12m",
}


def prepare():
    """The database to measure on; loads the sample company where there is none."""
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    if OWN:
        print("Loading the sample company ...", file=sys.stderr)
        call_command("migrate", verbosity=0)
        call_command("setup_defaults", verbosity=0, stdout=sys.stderr)
        call_command("load_sample", stderr=sys.stderr)


def measure(client, url):
    """Queries, and the median time of a request in milliseconds."""
    response = client.get(url)
    if response.status_code != 200:
        raise SystemExit(f"{url} answers {response.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    queries = len(captured)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        client.get(url)
        times.append(time.perf_counter() - start)
    return queries, statistics.median(times) * 1000


def main():
    from analytics.models import ReasonCount
    from config.roles import install_roles
    from surveys.models import Customer, Loss

    prepare()
    install_roles()
    user = User.objects.create_user(f"benchmark-{get_random_string(8)}", is_staff=True)
    try:
        user.groups.add(Group.objects.get(name="analyst"))
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        print(
            f"{connection.vendor}: {Customer.objects.count():,} customers, "
            f"{Loss.objects.count():,} losses, {ReasonCount.objects.count():,} stored counts"
        )
        passed = False
        for name, url in PAGES.items():
            queries, milliseconds = measure(client, url)
            passed |= queries > LIMIT
            print(f"{name:28} {queries:3} queries (limit {LIMIT})   {milliseconds:7.1f} ms")
    finally:
        user.delete()
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
