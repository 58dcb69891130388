"""``prepare``: from an empty database to an installation that somebody can log in to."""

import stat

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command

from config.management.commands.prepare import ADMIN

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch):
    """The other commands that were run; each has tests of its own."""
    names = []

    def note(name, *args, **kwargs):
        names.append(name)

    monkeypatch.setattr("config.management.commands.prepare.call_command", note)
    return names


@pytest.fixture
def prepare(settings, tmp_path, called, capsys):
    settings.VAR_DIR = tmp_path

    def run(*arguments):
        call_command("prepare", *arguments)
        return capsys.readouterr().err

    return run


def test_administrator_can_log_in_with_what_is_printed(prepare, tmp_path, rf):
    said = prepare()
    password = (tmp_path / "admin_password").read_text()
    assert password in said
    assert stat.S_IMODE((tmp_path / "admin_password").stat().st_mode) == 0o600
    user = authenticate(rf.post("/"), username=ADMIN, password=password)
    assert user is not None
    assert user.is_superuser


def test_a_second_run_leaves_everything_alone(prepare, tmp_path):
    prepare()
    password = (tmp_path / "admin_password").read_text()
    assert password in prepare()
    assert get_user_model().objects.count() == 1


def test_a_password_that_was_changed_is_neither_reset_nor_printed(prepare, tmp_path):
    prepare()
    first = (tmp_path / "admin_password").read_text()
    user = get_user_model().objects.get(username=ADMIN)
    user.set_password("my own words")
    user.save()
    said = prepare()
    assert first not in said
    assert "as it was set" in said
    user.refresh_from_db()
    assert user.check_password("my own words")


@pytest.mark.parametrize(
    ("arguments", "customers", "loaded"),
    [((), 0, False), (("--sample",), 0, True), (("--sample",), 1, False)],
)
def test_sample_company_only_where_asked_for_and_nobody_is(
    prepare, called, arguments, customers, loaded
):
    from tests.factories.surveys import CustomerFactory

    CustomerFactory.create_batch(customers)
    prepare(*arguments)
    assert called[:3] == ["migrate", "collectstatic", "setup_defaults"]
    assert ("load_sample" in called) is loaded
