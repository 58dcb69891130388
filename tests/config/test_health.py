import pytest
from django.core.management import call_command
from django.db import OperationalError
from redis.exceptions import RedisError

from config import health


@pytest.fixture
def folder(settings, tmp_path):
    settings.CELERY_BROKER_URL = "folder://localhost/"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path)}
    return tmp_path


def test_healthz_needs_nothing(client):
    """Not even a database: pytest forbids the access here."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]


def test_readyz_says_that_every_part_is_ready(client, db, folder):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True, "database": "ok", "migrations": "ok", "broker": "ok",
    }  # fmt: skip
    assert "no-store" in answer["Cache-Control"]


def test_a_database_that_is_away(client, db, folder, monkeypatch):
    def away():
        raise OperationalError("password of root@10.0.0.1 refused")

    monkeypatch.setitem(health.CHECKS, "database", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "OperationalError"
    assert "10.0.0.1" not in answer.content.decode()


def test_a_migration_that_is_missing(client, transactional_db, folder):
    call_command("migrate", "analytics", "zero", verbosity=0)
    try:
        answer = client.get("/readyz")
    finally:
        call_command("migrate", "analytics", verbosity=0)
    assert answer.status_code == 503
    assert "not applied" in answer.json()["migrations"]
    assert answer.json()["database"] == "ok"


def test_a_folder_that_is_away(client, db, folder):
    folder.rmdir()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "folder" in answer.json()["broker"]


def test_a_broker_that_is_away(client, db, settings, monkeypatch):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    connect = health.app.connection_for_write
    monkeypatch.setattr(
        health.app,
        "connection_for_write",
        lambda **options: connect("redis://127.0.0.1:1/0", **options),
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"] != "ok"
    assert "127.0.0.1" not in answer.content.decode()
    with pytest.raises(RedisError):
        health.check_broker()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reads(client, path):
    assert client.post(path).status_code == 405
