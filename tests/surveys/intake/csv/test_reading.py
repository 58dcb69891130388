"""Whatever bytes a file holds: good rows come out, bad ones are told apart, memory is bounded."""

import tracemalloc

import pytest

from surveys.intake.csv import reading
from surveys.intake.csv.problems import FileUnreadableError
from surveys.intake.csv.reading import Table


def table(tmp_path, content, **options):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Table(path, **options)


def outcomes(opened):
    """(number, line, cells or None where the row is bad) of every row."""
    with opened:
        return [(row.number, row.line, None if row.problem else row.cells) for row in opened.rows()]


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        ("a,b\n1,2\n", ["a", "b"], [["1", "2"]]),
        ("a,b\r\n1,2\r\n", ["a", "b"], [["1", "2"]]),
        ("a,b\r1,2\r", ["a", "b"], [["1", "2"]]),
        ("a,b\n1,2", ["a", "b"], [["1", "2"]]),
        ("﻿ a ,b \n1,2\n", ["a", "b"], [["1", "2"]]),
        ("a;b\n1,5;2\n", ["a", "b"], [["1,5", "2"]]),
        ("a\tb\n1\t2\n", ["a", "b"], [["1", "2"]]),
        ("sep=;\na;b\n1;2\n", ["a", "b"], [["1", "2"]]),
        ("\n\na,b\n\n1,2\n\n", ["a", "b"], [["1", "2"]]),
        ('a,b\n"x, ""y""\nz",2\n', ["a", "b"], [['x, "y"\nz', "2"]]),
        ("a,b\n", ["a", "b"], []),
        ("a\n1\n", ["a"], [["1"]]),
        ("a,b\n1,2\n".encode("utf-16"), ["a", "b"], [["1", "2"]]),
    ],
)
def test_tables_are_read_as_they_come(tmp_path, content, header, rows):
    opened = table(tmp_path, content)
    assert opened.header == header
    assert [cells for _, _, cells in outcomes(opened)] == rows


def test_the_delimiter_is_the_one_that_finds_the_wanted_columns(tmp_path):
    content = "id|note, private, kept|x\n1|a, b, c, d|2\n"
    with table(tmp_path, content, wanted=["ID"]) as opened:
        assert opened.header == ["id", "note, private, kept", "x"]
    with table(tmp_path, content, delimiter=",") as opened:
        assert opened.header == ["id|note", "private", "kept|x"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1\n3,4\n", [None, ["3", "4"]]),
        ("a,b\n1,2,3\n3,4\n", [None, ["3", "4"]]),
        (b"a,b\n1,caf\xe9\n3,4\n", [None, ["3", "4"]]),
        (b"a,b\n1,\xed\xa0\x80\n3,4\n", [None, ["3", "4"]]),
        ("a,b\n1,x\0y\n3,4\n", [None, ["3", "4"]]),
        ('a,b\n1,"never closed\n3,4\n5,6\n', [None, ["3", "4"], ["5", "6"]]),
        ('a,b\n"1"x,2\n3,4\n', [None, ["3", "4"]]),
        ('a,b\n1,"open\n3,"4"\n5,6\n', [None, ["3", "4"], ["5", "6"]]),
        ("a,b\n1," + "x" * (reading.CELL_LIMIT + 1) + "\n3,4\n", [None, ["3", "4"]]),
        ("a,b\n1," + "x" * reading.CELL_LIMIT + "\n", [["1", "x" * reading.CELL_LIMIT]]),
        ("a,b\n1," + "x" * (reading.RECORD_LIMIT + 9) + "\n3,4\n", [None, ["3", "4"]]),
    ],
    ids=[
        "too few",
        "too many",
        "encoding",
        "surrogate",
        "NUL",
        "unclosed quote",
        "text after quote",
        "quote closed by the next row",
        "giant cell",
        "largest cell",
        "giant line",
    ],
)
def test_a_bad_row_spoils_no_other(tmp_path, content, expected):
    assert [cells for _, _, cells in outcomes(table(tmp_path, content))] == expected


def test_rows_and_lines_are_numbered_as_a_person_counts_them(tmp_path):
    content = 'a,b\n"1\n1",2\n\n3\n"open,4\n5,6\n'
    assert outcomes(table(tmp_path, content)) == [
        (1, 2, ["1\n1", "2"]),
        (2, 5, None),
        (3, 6, None),
        (4, 7, ["5", "6"]),
    ]


@pytest.mark.parametrize(
    ("content", "column", "found", "expected"),
    [
        (b"a,b\n1,caf\xe9\n", "b", '"caf\\xe9"', "text in the encoding utf-8"),
        ("a,b\n1,x\0y\n", "b", '"x\\x00y"', "text without a NUL character"),
        ("a,b\n1,2,3\n", "", "3 columns", "2 columns"),
        ("a,b\n1\n", "", "1 column", "2 columns"),
        ('a,b\n1,"x\n', "", '"1,"x"', "a closing quote"),
    ],
)
def test_problems_say_what_was_found_and_expected(tmp_path, content, column, found, expected):
    with table(tmp_path, content) as opened:
        problem = next(opened.rows()).problem
    assert (problem.column, problem.found, problem.expected) == (column, found, expected)


def test_an_encoding_that_is_named_is_used(tmp_path):
    opened = table(tmp_path, "a,b\n1,café\n".encode("cp1252"), encoding="cp1252")
    assert outcomes(opened) == [(1, 2, ["1", "café"])]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("a,A \n1,2\n", "twice"),
        (b"a,caf\xe9\n1,2\n", "encoding"),
        (b"PK\x03\x04\0\0\n", "encoding"),
        ('a,"b\n1,2\n', "header line is broken"),
        ("x" * (reading.RECORD_LIMIT + 9), "no table"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path, content, words):
    with pytest.raises(FileUnreadableError, match=words) as refused:
        table(tmp_path, content)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileUnreadableError, match="No such file"):
        Table(tmp_path / "missing.csv")
    with pytest.raises(FileUnreadableError, match="directory"):
        Table(tmp_path)


@pytest.mark.parametrize(
    "rest",
    [b"x" * 40_000_000, b"1,2\n" * 5_000_000, b'"' + b"1,2\n" * 5_000_000],
    ids=["one endless line", "many rows", "a quote that is never closed"],
)
def test_memory_does_not_grow_with_the_file(tmp_path, rest):
    opened = table(tmp_path, b"a,b\n" + rest)
    del rest
    tracemalloc.start()
    with opened:
        for _, _row in zip(range(300_000), opened.rows(), strict=False):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000
