"""Where one thing said ends and the next begins.

A clause is what gets shown as evidence, and the word that opens it tells what it is to the
clause before: "because" names the cause, "but" turns, "so" makes what went before the cause.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Literal, NamedTuple

Link = Literal["", "cause", "contrast", "result"]

# A comma or an "and" splits only where what stands on both sides can say something by itself.
_LEAST_WORDS = 2
_LOOK_AHEAD = 60
# Nobody says more things than this; what is left is one last clause, so that cost is bounded.
_MOST_CLAUSES = 300


class Clause(NamedTuple):
    """Half-open character offsets into the text, and how the clause ties to the one before."""

    start: int
    end: int
    link: Link


_CAUSE = (
    r"because(?:\s+of)?|cuz|coz|due\s+to|owing\s+to|since\s+(?=(?:we|i|you|it|they|our|my|"
    r"your|the\s+\w+\s+(?:is|are|was|does|do|did|has|have))\b)"
)
_CONTRAST = r"but|however|although|though|yet|only\s+that|unfortunately|sadly|except"
_RESULT = r"so(?=\s+(?:i|we|now|am|it'?s|goodbye|bye|no|that)\b)|therefore|that'?s\s+why|hence|thus"
_NEXT = (
    r"and(?=\s+(?:i|we|you|they|it|he|she|the|there|then|now|no|nobody|never|also|your|our|my)\b)|"
    r"also|plus|besides|then"
)

_BOUNDARY = re.compile(
    rf"""
    (?P<stop> [!?;\n\r…]+ | \.(?:\.+|(?=\s|$|(?-i:[A-Z])|[\u3400-\u9fff])) | [。！？；]+ | ， )
  | (?P<comma> , | (?<=\s)[-–—]+(?=\s) | [(:：] )
  | \b(?P<cause> {_CAUSE} )\b
  | \b(?P<contrast> {_CONTRAST} )\b
  | \b(?P<result> {_RESULT} )\b
  | \b(?P<next> {_NEXT} )\b
  | (?P<cause_zh> 因为 | 因為 | 由于 | 由於 | 主要是 )
  | (?P<contrast_zh> (?<![不])但是? | 不过 | 不過 | 可是 | 然而 | 可惜 )
  | (?P<result_zh> 所以 | 因此 | 于是 | 於是 )
  | (?P<next_zh> 而且 | 并且 | 並且 | 另外 | 还有 | 還有 )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LINKS: dict[str, Link] = {
    "cause": "cause",
    "cause_zh": "cause",
    "contrast": "contrast",
    "contrast_zh": "contrast",
    "result": "result",
    "result_zh": "result",
}
_SAYS_SOMETHING = re.compile(r"\w")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    first = _SAYS_SOMETHING.search(text, start, end)
    if first is None:
        return end, end
    start = first.start()
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def split_clauses(text: str) -> list[Clause]:
    """The clauses of `text` in order, without those that hold no letter or digit.

    Offsets are in characters of `text`; clauses do not overlap. Time is linear in the length.
    """
    clauses: list[Clause] = []
    start = 0
    link: Link = ""
    word_starts = [match.start() for match in _WORD.finditer(text)]

    def has_words(begin: int, stop: int, least: int) -> bool:
        return bisect_left(word_starts, stop) - bisect_left(word_starts, begin) >= least

    def close(end: int) -> None:
        begin, stop = _trimmed(text, start, end)
        if begin < stop:
            clauses.append(Clause(begin, stop, link))

    for match in _BOUNDARY.finditer(text):
        if len(clauses) == _MOST_CLAUSES:
            break
        kind = str(match.lastgroup)
        position = match.start()
        if kind == "stop":
            close(match.end())
            start, link = match.end(), ""
        elif kind in ("comma", "next", "next_zh"):
            after = match.end()
            if has_words(start, position, _LEAST_WORDS) and has_words(
                after, after + _LOOK_AHEAD, _LEAST_WORDS
            ):
                close(position)
                start, link = position, ""
        else:
            # Words before a connector make a clause of their own; without any, the connector
            # only says what the clause that it opens is.
            if has_words(start, position, 1):
                close(position)
                start = position
            link = _LINKS[kind]
    close(len(text))
    return clauses
