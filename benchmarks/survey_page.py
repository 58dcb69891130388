"""What the survey's pages weigh: bytes on the wire, requests, SQL queries, time.

    python benchmarks/survey_page.py

Runs in a database and a folder of its own, prints a table of figures with their limits, and ends
with a non-zero status where one is passed.
"""

import gzip
import os
import re
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = tempfile.TemporaryDirectory(prefix="whyleft-bench-")
os.environ.update(
    VAR_DIR=FOLDER.name, ENV_FILE="/nonexistent", DJANGO_SETTINGS_MODULE="config.settings"
)
os.environ.pop("DATABASE_URL", None)
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.staticfiles import finders  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402

ROUNDS = 100
FIRST = {"q-reason": "price", "q-price_probe": "not_enough_value"}
CHANGED = {"q-reason": "other", "q-reason_text": "It is something else after all."}
SECOND = {
    "q-stuck": "At the import of our contacts.",
    "q-contributing": ["unused", "switched", "hard_or_no_help"],
    "q-destination": "product",
    "q-destination_name": "Another one",
    "q-open_door": "yes",
    "q-did_well": "The help.",
    "q-comment": "All the best.",
}


def prepare():
    """A database with the default surveys; returns what makes a new invitation's address."""
    from tests.factories.surveys import CancellationFactory, InvitationFactory, published_version

    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.STATIC_ROOT = FOLDER.name
    settings.ALLOWED_HOSTS = ["*"]
    setup_test_environment()
    call_command("migrate", verbosity=0)
    published_version()

    def mailed(language="en"):
        return f"/s/{InvitationFactory(language=language).token}/"

    def while_cancelling(language="en"):
        """The dearest case: the cancellation is there already, and its mail is pending."""
        invitation = InvitationFactory(for_intent=True, language=language)
        cancellation = CancellationFactory(
            subscription=invitation.intent.subscription, intent=invitation.intent
        )
        InvitationFactory(cancellation=cancellation, state="scheduled", sent_at=None)
        return f"/s/{invitation.token}/"

    return mailed, while_cancelling


def queries_of(call):
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code in (200, 303), answer.status_code
    return len(queries)


def milliseconds(call):
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def requests_of(page):
    """What a browser has to fetch for it: the page, and whatever it loads by address."""
    loaded = re.findall(rb'<(?:link|script|img|iframe)[^>]*(?:src|href)="([^"]+)"', page)
    return 1 + sum(not address.startswith(b"data:") for address in loaded)


def wire_size(client, address):
    """Bytes of the body as a browser gets it."""
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers.get("Content-Encoding") == "gzip"
    return len(answer.content)


def main():
    mailed, while_cancelling = prepare()
    client = Client()
    sheet = Path(finders.find("surveys/survey.css")).read_bytes()
    script = Path(finders.find("surveys/keep.js")).read_bytes()
    page = client.get(mailed()).content
    figures = [
        ("requests a page (two of them: cached sheet and script)", requests_of(page), 3),
        ("style sheet, bytes gzipped", len(gzip.compress(sheet)), 10_000),
        ("script, bytes gzipped", len(gzip.compress(script)), 10_000),
    ]
    for language in ("en", "zh-hans"):
        address = mailed(language)
        size = wire_size(client, address)
        figures.append((f"first screen, bytes gzipped, {language}", size, 8_000))
        client.post(address, FIRST)
        more = wire_size(client, address + "2/")
        figures.append((f"second screen, bytes gzipped, {language}", more, 8_000))
    for name, make in (("mailed", mailed), ("while cancelling", while_cancelling)):
        client.get(make())  # a process reads a version once
        address = make()
        first = partial(client.get, address)
        figures += [
            (f"queries, first GET, {name}", queries_of(first), 2),
            (f"queries, later GET, {name}", queries_of(first), 2),
            (f"queries, POST, {name}", queries_of(partial(client.post, address, FIRST)), 15),
            (
                f"queries, POST of the second screen, {name}",
                queries_of(partial(client.post, f"{address}2/", SECOND)),
                15,
            ),
            (f"queries, GET when answered, {name}", queries_of(first), 2),
            (
                f"queries, POST of a change, {name}",
                queries_of(partial(client.post, address, CHANGED)),
                15,
            ),
        ]
    width = max(len(name) for name, _figure, _limit in figures)
    for name, figure, limit in figures:
        print(f"{name:{width}}  {figure:>6,}  of at most {limit:,}")
    address = mailed()
    print(f"\nmedian of {ROUNDS}: GET {milliseconds(lambda: client.get(address)):.1f} ms", end="")
    changing = iter(range(ROUNDS))
    texts = (FIRST | {"q-reason": "other", "q-reason_text": f"{n}"} for n in changing)
    print(f", POST {milliseconds(lambda: client.post(address, next(texts))):.1f} ms")
    passed = [name for name, figure, limit in figures if figure > limit]
    if passed:
        sys.exit(f"Over the limit: {'; '.join(passed)}")


if __name__ == "__main__":
    try:
        main()
    finally:
        connection.close()
        FOLDER.cleanup()
