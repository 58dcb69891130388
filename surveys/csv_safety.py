"""Cells of a CSV that no spreadsheet takes for a formula (OWASP ASVS 5.0, 1.2.10)."""

from collections.abc import Iterable

# What makes a spreadsheet calculate, or, as the first character, lets what follows do so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
# The wide forms of the same signs; some spreadsheets take them for the narrow ones.
WIDE_FORMULA_STARTS = ("＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """``value`` as the text of a CSV cell; None is empty.

    Text that begins like a formula, blanks before it or not, gets a single quote before it.
    Numbers are written as they are: they are made by us, and -3.5 is no formula.
    """
    if value is None:
        return ""
    text = str(value)
    if not isinstance(value, str):
        return text
    begins_like_formula = text.lstrip(" ").startswith(FORMULA_STARTS + WIDE_FORMULA_STARTS)
    return f"'{text}" if begins_like_formula else text


def safe_row(values: Iterable[object]) -> list[str]:
    """Each value as ``safe_cell`` writes it."""
    return [safe_cell(value) for value in values]
