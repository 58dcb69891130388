"""Whether this process lives (``/healthz``) and can do its work (``/readyz``)."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import folder_broker
from config.celery import app

BROKER_TIMEOUT = 1.0  # seconds


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part answers, else 503; each part with "ok" or what is wrong.

    The names of errors are said, their messages are not: they hold addresses and passwords.
    """
    parts = {name: _state(check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        raise NotReadyError(f"{len(pending)} migrations are not applied")


def check_broker() -> None:
    """A connection within a second; for the folder broker, that the folder can be written to."""
    if urlsplit(settings.CELERY_BROKER_URL).scheme == folder_broker.SCHEME:
        folder = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]))
        if not os.access(folder, os.W_OK | os.X_OK):
            raise NotReadyError("the broker's folder cannot be written to")
        return
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(
            max_retries=0, timeout=BROKER_TIMEOUT, reraise_as_library_errors=False
        )


class NotReadyError(RuntimeError):
    """A part answers, and is not ready; the message may be shown to anybody."""


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except NotReadyError as error:
        return str(error)
    except Exception as error:  # whatever fails, the answer must say which part
        return type(error).__name__
    return "ok"
