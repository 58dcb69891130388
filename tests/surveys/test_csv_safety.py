import csv
import io
from decimal import Decimal

import pytest

from surveys.csv_safety import safe_cell, safe_row


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("\0x", "'\0x"),
        ("  =1+1", "'  =1+1"),
        ("＝1+1", "'＝1+1"),
        ("Pro", "Pro"),
        ("a=b", "a=b"),
        ("3-4", "3-4"),
        ("", ""),
        (None, ""),
        (-3.5, "-3.5"),
        (Decimal("-10.00"), "-10.00"),
        (7, "7"),
    ],
)
def test_what_a_spreadsheet_would_calculate_is_quoted(value, cell):
    assert safe_cell(value) == cell


def test_a_row_survives_a_csv():
    written = io.StringIO()
    csv.writer(written).writerow(safe_row(["=cmd|' /C calc'!A0", 'say "x", y', None, 1.5]))
    (row,) = csv.reader(io.StringIO(written.getvalue()))
    assert row == ["'=cmd|' /C calc'!A0", 'say "x", y', "", "1.5"]
