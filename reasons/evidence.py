"""A verbatim in pieces, the ones that a reason was read from marked. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_evidence: bool


def mark_evidence(text: str, spans: Iterable[tuple[int, int]]) -> list[Piece]:
    """``text`` cut at the spans' ends (start, first after the end; in characters).

    Overlapping spans become one. A span beyond the text, as after an edit, marks what is there.
    """
    pieces = []
    at = 0
    for span_start, span_end in sorted(spans):
        start, end = max(span_start, at), min(span_end, len(text))
        if end <= start:
            continue
        if start > at:
            pieces.append(Piece(text[at:start], is_evidence=False))
        if pieces and pieces[-1].is_evidence and start == at:
            pieces[-1] = Piece(pieces[-1].text + text[start:end], is_evidence=True)
        else:
            pieces.append(Piece(text[start:end], is_evidence=True))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], is_evidence=False))
    return pieces
