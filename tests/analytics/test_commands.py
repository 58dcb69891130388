import csv
import io
import json
import os
import subprocess
import sys

import pytest
import time_machine
from django.core.management import CommandError, call_command, load_command_class

from analytics import breakdown as breakdowns
from analytics import rates, rollups
from analytics.management.figures import FiguresCommand
from analytics.models import ReasonCount, StaleDay
from surveys.models import Loss
from tests.analytics.scenes import date, leaves, lost, pays

PERIOD = ("--from", "2026-02-01", "--to", "2026-03-31")


def run(*arguments):
    """(standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def company(db):
    lost(
        on="2026-02-10",
        because="hard_to_use",
        plan="Pro",
        mrr="20",
        further={"provider_reason": "=1+1"},
    )
    lost(on="2026-03-10", because="need_ended", plan="=Team", mrr=None)
    pays(since="2025-01-01", plan="Pro", mrr="80")


def test_breakdown_as_json_is_current_and_alone_on_standard_output(company):
    out, err = run("breakdown", *PERIOD, "--format", "json")
    figures = json.loads(out)
    assert [period["lost"] for period in figures["periods"]] == [1, 1]
    assert figures["periods"][0]["reasons"][0] == {
        "reason": "hard_to_use",
        "category": "appropriate_experience",
        "count": 1,
        "share": 1.0,
        "mrr": 20.0,
    }
    assert "not known 1 times" in err
    assert not StaleDay.objects.exists()
    assert (
        figures == breakdowns.breakdown(first=date("2026-02-01"), last=date("2026-03-31")).as_json()
    )


def test_breakdown_takes_every_option(company):
    out, _err = run(
        "breakdown", *PERIOD, "--by", "quarter", "--unit", "cancellations", "--weight", "mrr",
        "--perspective", "internal", "--filter", "plan=Pro", "kind=voluntary",
        "--filter", "plan==Team", "--format", "json",
    )  # fmt: skip
    figures = json.loads(out)
    assert figures["filters"] == {"plan": ["Pro", "=Team"], "kind": ["voluntary"]}
    assert {figures[name] for name in ("by", "unit", "weight", "perspective")} == {
        "quarter", "cancellations", "mrr", "internal",
    }  # fmt: skip
    (quarter,) = figures["periods"]
    assert (quarter["lost"], quarter["classified"]) == (2, 0)


def test_breakdown_as_csv(company):
    out, _err = run("breakdown", *PERIOD)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == list(breakdowns.COLUMNS)
    assert rows[0] == {
        "start": "2026-02-01", "end": "2026-02-28", "lost": "1", "classified": "1",
        "resolved": "1", "coverage": "1.0", "mrr_lost": "20.00", "reason": "hard_to_use",
        "category": "appropriate_experience", "count": "1", "share": "1.0", "mrr": "20.00",
    }  # fmt: skip
    assert (rows[1]["mrr_lost"], rows[1]["mrr"]) == ("", "")  # nobody's is known


def test_cells_that_look_like_formulas_are_quoted(company, monkeypatch):
    ReasonCount.objects.all().delete()
    rollups.refresh()
    ReasonCount.objects.update(reason="=cmd()", category="+x")
    monkeypatch.setattr(rollups, "refresh", lambda: 0)
    out, _err = run("breakdown", *PERIOD)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {(row["reason"], row["category"]) for row in rows} == {("'=cmd()", "'+x")}


def test_churn_rate_in_both_formats(company):
    out, err = run("churn_rate", *PERIOD, "--format", "json")
    first, second = json.loads(out)
    assert first == {
        "start": "2026-02-01", "end": "2026-02-28", "at_start": 3, "lost": 1, "lost_new": 0,
        "rate": pytest.approx(1 / 3), "mrr_at_start": 100.0, "mrr_lost": 20.0,
        "mrr_rate": pytest.approx(0.2), "currency": "USD",
    }  # fmt: skip
    assert (second["at_start"], second["lost"], second["mrr_lost"]) == (2, 1, None)
    assert "MRR is not known" in err
    out, _err = run("churn_rate", *PERIOD, "--by", "year", "--filter", "plan=Pro")
    (row,) = csv.DictReader(io.StringIO(out))
    assert list(row) == list(rates.COLUMNS)
    assert (row["at_start"], row["lost"], row["rate"], row["mrr_at_start"]) == (
        "2", "1", "0.5", "100.00",
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["breakdown", "churn_rate"])
def test_losses_that_have_come_due_are_settled_first(command):
    with time_machine.travel("2026-02-01T12:00:00Z", tick=False) as clock:
        leaves(pays(since="2025-01-01"), on="2026-02-10")
        run(command, *PERIOD)
        assert not Loss.objects.exists()
        clock.move_to("2026-02-10T12:00:00Z")
        out, _err = run(command, *PERIOD, "--by", "year")
    (row,) = csv.DictReader(io.StringIO(out))
    assert row["lost"] == "1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("breakdown", "--from", "now", "--to", "2026-01-01"), "--from.*now.*2026-10-31"),
        (("breakdown", "--from", "2026-01-01", "--to", "2026-02-30"), "--to.*2026-02-30"),
        (("breakdown", "--from", "2026-02-01", "--to", "2026-01-01"), "2026-01-01.*before"),
        (("breakdown", *PERIOD, "--by", "hour"), "hour.*day, week"),
        (("breakdown", *PERIOD, "--unit", "euros"), "euros.*losses"),
        (("breakdown", *PERIOD, "--weight", "euros"), "euros.*mrr"),
        (("breakdown", *PERIOD, "--perspective", "ours"), "ours.*stated"),
        (("breakdown", *PERIOD, "--filter", "colour=red"), "colour.*plan"),
        (("breakdown", *PERIOD, "--filter", "plan"), "plan.*key=value"),
        (("breakdown", *PERIOD, "--filter", "kind=odd"), "kind.*odd.*voluntary"),
        (("breakdown", *PERIOD, "--format", "xml"), "xml"),
        (("breakdown", "--to", "2026-01-01"), "--from"),
        (("breakdown", *PERIOD, "--odd"), "--odd"),
        (("churn_rate", *PERIOD, "--by", "week"), "week.*month, quarter, year"),
        (("churn_rate", *PERIOD, "--filter", "trial=yes"), "trial.*yes"),
        (("rollup", "--since", "once"), "--since.*once"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_clear_line(arguments, says):
    with pytest.raises(CommandError, match=says) as refused:
        run(*arguments)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "arguments", [("--to", "2026-01-01"), ("--from", "x", "--to", "2026-01-01")]
)
def test_on_the_command_line_too(arguments, tmp_path):
    ran = subprocess.run(
        [sys.executable, "manage.py", "breakdown", *arguments, "--skip-checks"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": "sqlite:///:memory:"},
    )  # fmt: skip
    assert ran.returncode != 0
    assert ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr


@pytest.mark.parametrize("command", ["breakdown", "churn_rate", "rollup"])
def test_help_explains_every_option(command, capsys):
    parser = load_command_class("analytics", command).create_parser("manage.py", command)
    for action in parser._actions:
        assert action.help, action.option_strings
    assert parser.description


def test_rollup_brings_up_to_date_and_rebuilds(company):
    out, _err = run("rollup")
    assert out.startswith("Days counted: 2.")
    out, _err = run("rollup")
    assert out.startswith("Days counted: 0.")
    ReasonCount.objects.all().delete()
    out, _err = run("rollup", "--rebuild")
    assert out.startswith("Days counted: 2.")
    assert ReasonCount.objects.exists()
    out, _err = run("rollup", "--since", "2026-03-01")
    assert out.startswith("Days counted: 1.")
    assert "Up to date as of 20" in out


def test_print_figures_is_left_to_the_commands():
    with pytest.raises(TypeError, match="print_figures"):
        FiguresCommand()
