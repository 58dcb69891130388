"""The errors file: complete, and safe to open in a spreadsheet."""

import csv

import pytest

from surveys.intake.csv.errors import Errors
from surveys.intake.csv.problems import FileUnreadableError, Problem


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_each_problem_is_a_line_with_the_row_as_it_came(tmp_path):
    path = tmp_path / "errors.csv"
    with Errors(path) as errors:
        errors.head(["id", "day"])
        problems = [Problem("id", "nothing", "an ID"), Problem("day", '"x"', "a date")]
        errors.add(7, 9, problems, ["", "x"])
    assert read(path) == [
        ["row", "line", "column", "found", "expected", "id", "day"],
        ["7", "9", "id", "nothing", "an ID", "", "x"],
        ["7", "9", "day", '"x"', "a date", "", "x"],
    ]
    assert errors.rows == 1


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-4", "'-4"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\x09=1"),
        ("\r=1", "'\n=1"),
        ("\0", "'\\x00"),
        ("  =1", "'  =1"),
        ("a=1", "a=1"),
        ("caf\udce9", "caf\\xe9"),
        ("two\nlines", "two\nlines"),
        ("<script>", "<script>"),
        ("x" * 3000, "x" * 2000),
    ],
)
def test_cells_are_no_formulas_and_can_be_read(tmp_path, cell, expected):
    path = tmp_path / "errors.csv"
    with Errors(path) as errors:
        errors.head([cell])
        errors.add(1, 2, [Problem(cell, "", "")], [cell])
    rows = read(path)
    assert rows[0][5] == expected
    assert rows[1][2] == rows[1][5] == expected


def test_only_the_first_few_are_kept_for_the_screen():
    with Errors(None) as errors:
        for number in range(1, 100):
            errors.add(number, number + 1, [Problem("a", "b", "c")], [])
    assert errors.rows == 99
    assert [number for number, _ in errors.first] == [1, 2, 3, 4, 5]


def test_a_file_that_cannot_be_written(tmp_path):
    with (
        pytest.raises(FileUnreadableError, match="cannot be written"),
        Errors(tmp_path / "missing" / "x"),
    ):
        pass
