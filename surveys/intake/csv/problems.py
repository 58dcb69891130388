"""What can go wrong, said where a person can act on it: column, found, expected."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext

SHOWN_LENGTH = 100
# Bytes that could not be decoded arrive as lone surrogates, see ``reading``.
UNREADABLE = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


class FileUnreadableError(Exception):
    """Nothing of the file can be taken in; the message says why in one line."""


class MappingError(Exception):
    """The mapping does not hold, or does not fit the file; the message names the key."""


@dataclass(frozen=True, slots=True)
class Problem:
    """``column``: as the file names it; empty where the row as a whole is meant."""

    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{visible(self.column)}: " if self.column else ""
        return where + gettext("found %(found)s, expected %(expected)s") % {
            "found": self.found,
            "expected": self.expected,
        }


class RowRefusedError(Exception):
    """A row that cannot be taken in, with every problem that was found in it, each once.

    One column may stand for several IDs: that it is empty is one problem all the same.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(dict.fromkeys(problems))


def visible(text: str) -> str:
    """``text`` as it can be shown on a line: control characters and raw bytes as ``\\xNN``."""
    return _INVISIBLE.sub(_escaped, text)


def shown(text: str) -> str:
    """A cell in quotes, cut after 100 characters; what is empty says so."""
    if not text:
        return gettext("nothing")
    cut = text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
    return f'"{visible(cut)}"'


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC00 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
