"""Databases that are made for one run and dropped afterwards."""

import contextlib
import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

POSTGRES_URL = os.environ.get("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def sqlite_url(folder: Path, name: str) -> str:
    return f"sqlite:///{folder / name.replace(' ', '_')}.sqlite3"


@contextlib.contextmanager
def postgres_urls(names):
    """Addresses by name, of databases that exist inside the block; None where none answers."""
    try:
        admin = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield None
        return
    with admin:
        databases = {
            name: f"whyleft_bench_{os.getpid()}_{name.replace(' ', '_')}" for name in names
        }
        for database in databases.values():
            admin.execute(f'CREATE DATABASE "{database}"')
        try:
            parts = urlsplit(POSTGRES_URL)
            yield {
                name: urlunsplit(parts._replace(path=f"/{database}"))
                for name, database in databases.items()
            }
        finally:
            for database in databases.values():
                admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def durability(url):
    """What is safe once a request is answered, in the database's own words."""
    if url.startswith("sqlite"):
        return (
            "SQLite: journal_mode=WAL, synchronous=NORMAL, connections kept;\n"
            '"peer": as Django sets it up (journal_mode=DELETE, synchronous=FULL)'
        )
    with psycopg.connect(url) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("server_version", "synchronous_commit", "fsync", "full_page_writes")
        }
    version = shown.pop("server_version").split()[0]
    said = ", ".join(f"{name}={value}" for name, value in shown.items())
    return f'PostgreSQL {version}: {said} (all alike); connections kept, but not by "peer"'
