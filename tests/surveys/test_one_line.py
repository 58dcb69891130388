"""Every command of ours answers a wrong option, or a database without tables, with one line."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class

from surveys.management.one_line import OneLineCommand

OURS = ("surveys", "reasons", "analytics", "config")
COMMANDS = sorted(name for name, app in get_commands().items() if app in OURS)


def run(*arguments, var_dir):
    environment = {**os.environ, "VAR_DIR": str(var_dir), "DATABASE_URL": ""}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_of_one_line(name):
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, OneLineCommand)
    with pytest.raises(CommandError, match=r"--no-such-option|required"):
        command.create_parser("manage.py", name).parse_args(["--no-such-option"])


def test_a_wrong_option_gives_one_line(tmp_path):
    done = run("import_csv", "customers", "x.csv", "--as-of", "30.06.2022", var_dir=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ('argument --as-of: "30.06.2022" is no date; write it as YYYY-MM-DD\n')


def test_a_database_without_tables_gives_one_line(tmp_path):
    done = run("churn_rate", "--from", "2026-01-01", "--to", "2026-01-31", var_dir=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "no such table" in done.stderr
    assert "migrate" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_trouble(capfd, monkeypatch):
    """As in ``breakdown ... | head``: the pipe is closed while the command still writes."""
    reading, writing = os.pipe()
    os.close(reading)

    class Talkative(OneLineCommand):
        def handle(self, *args, **options):
            self.stdout.write("x")
            self.stdout.flush()

    with os.fdopen(os.dup(writing), "w") as closed:
        os.close(writing)
        monkeypatch.setattr(sys, "stdout", closed)
        with pytest.raises(SystemExit) as ended:
            call_command(Talkative())
    assert ended.value.code == 1
    assert capfd.readouterr().err == ""


def test_from_code_a_wrong_option_raises():
    with pytest.raises(CommandError, match="--from"):
        call_command("breakdown", "--to", "2026-01-31")
