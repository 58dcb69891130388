"""What every test gets: a place of its own for files, and no mail leaving the machine."""

import os
import tempfile
from pathlib import Path

import pytest

# Before Django reads its settings: tests never touch an installation's own folder or its .env.
os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="whyleft-tests-")
os.environ["ENV_FILE"] = "/nonexistent"
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")

FEW_LANGUAGES = ("en", "zh-hans", "ar")
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _tests_settings(settings: pytest.FixtureRequest) -> None:
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # WhiteNoise warns where nobody has run collectstatic.
    static_root = Path(os.environ["VAR_DIR"]) / "static"
    static_root.mkdir(exist_ok=True)
    settings.STATIC_ROOT = static_root  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = [  # type: ignore[attr-defined]
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]
    settings.CELERY_BROKER_URL = "memory://"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _few_languages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default surveys in three of their languages, one of them written from right to left.

    All twelve would have to be written into the database for test after test. In the browser,
    and where a test is marked ``every_language``, all of them are there.
    """
    if {"every_language", "browser"}.isdisjoint(request.keywords):
        from surveys.default_surveys import content, words

        few = tuple(code for code in words.offered_languages() if code in FEW_LANGUAGES)
        monkeypatch.setattr(content, "offered_languages", lambda: few)


@pytest.fixture(autouse=True)
def _fresh_questionnaires() -> None:
    """A version is read once a process; another test's database has another under its key."""
    from surveys.questionnaire import published_questionnaire

    published_questionnaire.cache_clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where NO_SKIPS is set (continuous integration), a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("A test was skipped, and here none may be.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def defaults(db: None) -> None:
    """What ``setup_defaults`` installs, with a small model that is trained in a moment."""
    from reasons.defaults import install_defaults
    from surveys.default_surveys import install_default_surveys
    from tests.factories.reasons import stored_small_model

    install_defaults()
    install_default_surveys()
    stored_small_model()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as an installation has it: in memory, threads would lock each other out."""
    from django.db import connection

    if connection.vendor == "sqlite":
        folder = Path(os.environ["VAR_DIR"])
        connection.settings_dict["TEST"]["NAME"] = str(folder / "tests.sqlite3")
