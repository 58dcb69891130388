"""What the page "Who was asked" costs with many invitations in its twelve weeks.

    python benchmarks/funnel.py                        100,000 invitations on SQLite
    DATABASE_URL=postgres://... python benchmarks/funnel.py      in an empty database
    INVITATIONS=20000 OLDER=0 python benchmarks/funnel.py

Makes its rows (OLDER more lie outside the period, 100,000 unless said otherwise), then prints the
queries and the median time of each part and of the whole page. Ends with a non-zero status where
the page takes longer than LIMIT seconds.
"""

import datetime as dt
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = tempfile.TemporaryDirectory(prefix="whyleft-bench-")
os.environ.setdefault("VAR_DIR", FOLDER.name)
os.environ.update(ENV_FILE="/nonexistent", DJANGO_SETTINGS_MODULE="config.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from surveys.default_surveys import install_default_surveys  # noqa: E402
from surveys.models import (  # noqa: E402
    Answer,
    Cancellation,
    Contact,
    Customer,
    Invitation,
    Question,
    Response,
    Subscription,
    SurveyVersion,
)

COUNT = int(os.environ.get("INVITATIONS", "100000"))
OLDER = int(os.environ.get("OLDER", "100000"))
WEEKS = 12
LIMIT = 5.0
ROUNDS = 5
BATCH = 2_000
LANGUAGES = ("en", "de", "fr")
ANSWERED, COMPLETED = 0.3, 0.6  # of the invited, of those who answered
PAGES = {
    "funnel by week": "/admin/surveys/response/who-was-asked/",
    "the same, by language": "/admin/surveys/response/who-was-asked/?by=language",
    "one language, 4 weeks": "/admin/surveys/response/who-was-asked/?language=en&period=4w",
}


def make_rows():
    install_default_surveys()
    version = SurveyVersion.objects.get(survey__key="exit")
    questions = list(Question.objects.filter(version=version).prefetch_related("choices"))
    luck = random.Random(1)
    now = timezone.now()
    for start in range(0, COUNT + OLDER, BATCH):
        with transaction.atomic():
            make_batch(start, version, questions, luck, now)


def make_batch(start, version, questions, luck, now):
    numbers = range(start, min(start + BATCH, COUNT + OLDER))
    customers = Customer.objects.bulk_create(Customer(external_id=f"c{n}") for n in numbers)
    contacts = Contact.objects.bulk_create(
        Contact(customer=each, email=f"{each.external_id}@example.com") for each in customers
    )
    subscriptions = Subscription.objects.bulk_create(
        Subscription(customer=each, source="bench", external_id=each.external_id,
                     started_on=dt.date(2020, 1, 1))
        for each in customers
    )  # fmt: skip
    moments = [
        now - dt.timedelta(days=luck.uniform(0, 7 * WEEKS - 8) + (400 if n >= COUNT else 0))
        for n in numbers
    ]
    cancellations = Cancellation.objects.bulk_create(
        Cancellation(customer_id=each.customer_id, subscription=each, source="bench",
                     external_id=each.external_id, kind="voluntary", requested_at=moment,
                     effective_on=moment.date(), state_at=moment)
        for each, moment in zip(subscriptions, moments, strict=True)
    )  # fmt: skip
    invitations = Invitation.objects.bulk_create(
        Invitation(survey=version.survey, survey_version=version, customer_id=contact.customer_id,
                   contact=contact, cancellation=cancellation, language=luck.choice(LANGUAGES),
                   state="sent", sent_at=moment, not_before=moment,
                   expires_at=moment + dt.timedelta(days=30),
                   opened_at=moment if luck.random() < 0.5 else None)
        for contact, cancellation, moment in zip(contacts, cancellations, moments, strict=True)
    )  # fmt: skip
    for each, moment in zip(invitations, moments, strict=True):
        each.created_at = moment
    Invitation.objects.bulk_update(invitations, ["created_at"], batch_size=400)
    answer([each for each in invitations if luck.random() < ANSWERED], version, questions, luck)


def answer(invitations, version, questions, luck):
    responses = []
    for each in invitations:
        sent = luck.random() < 0.9
        responses.append(
            Response(invitation=each, survey_version=version, customer_id=each.customer_id,
                     cancellation_id=each.cancellation_id, language=each.language,
                     started_at=each.created_at, submitted_at=each.created_at if sent else None,
                     completed_at=each.created_at if sent and luck.random() < COMPLETED else None,
                     unsent={} if sent else {"reason": "price"},
                     unsent_at=None if sent else each.created_at)
        )  # fmt: skip
    responses = Response.objects.bulk_create(responses)
    Answer.objects.bulk_create(
        Answer(response=response, question=question, answered_at=response.started_at,
               choices=[keys[0]] if keys else [], displayed=keys, text="" if keys else "words")
        for response in responses if response.submitted_at
        for question, keys in answered(questions, response, luck)
    )  # fmt: skip


def answered(questions, response, luck):
    """Reason, its probe, and some of the second screen where that was sent."""
    taken = ""
    for question in questions:
        keys = [each.key for each in question.choices.all()]
        luck.shuffle(keys)
        if question.key == "reason":
            taken = keys[0]
        elif question.screen == 1:
            if question.role != "probe" or not question.key.startswith(taken.split("_")[0]):
                continue
        elif response.completed_at is None or luck.random() > 0.5:
            continue
        yield question, keys


def main() -> int:
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    if not Invitation.objects.exists():
        make_rows()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {Invitation.objects.count()} invitations, "
          f"{Response.objects.count()} responses, {Answer.objects.count()} answers")  # fmt: skip
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    slowest = 0.0
    for name, address in PAGES.items():
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            status = client.get(address).status_code
        count = len(queries)  # the next request empties the log
        assert status == 200, address
        taken, worked = [], []
        for _round in range(ROUNDS):
            began, began_work = time.perf_counter(), time.process_time()
            client.get(address)
            taken.append(time.perf_counter() - began)
            worked.append(time.process_time() - began_work)
        median = statistics.median(taken)
        slowest = max(slowest, median)
        print(f"{name:<28}{count:>4} queries {1000 * median:>8.0f} ms   limit {LIMIT:g} s"
              f"   (of it {1000 * statistics.median(worked):.0f} ms of this process)")  # fmt: skip
    return slowest > LIMIT


if __name__ == "__main__":
    sys.exit(main())
