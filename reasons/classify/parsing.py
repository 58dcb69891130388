"""An answer taken apart once: clauses, their words, their cues. Everything later works on this."""

from __future__ import annotations

from typing import NamedTuple

from reasons.classify.clauses import Clause, split_clauses
from reasons.classify.lexicon import Hit, clause_hits
from reasons.classify.normalise import CJK_RUN, READ_CHARACTERS, Word, fold, words


class ParsedClause(NamedTuple):
    """A clause with its offsets, its folded text, the words in it and the cues found in it."""

    span: Clause
    folded: str
    words: list[Word]
    hits: list[Hit]


class ParsedText(NamedTuple):
    """The clauses of a text in order; empty where nothing in it is a letter or a digit."""

    clauses: list[ParsedClause]

    @property
    def size(self) -> int:
        """How much is said: words, plus half the characters written without blanks."""
        return sum(
            len(clause.words) + sum(map(len, CJK_RUN.findall(clause.folded))) // 2
            for clause in self.clauses
        )

    @property
    def says_something(self) -> bool:
        """Whether there is a cue in it, or more than one word or two characters without blanks."""
        said: set[str] = set()
        characters: set[str] = set()
        for clause in self.clauses:
            if any(hit.leaf != "unclear" for hit in clause.hits):
                return True
            said.update(word.text for word in clause.words)
            characters.update(*CJK_RUN.findall(clause.folded))
        return len(said) > 1 or len(characters) > 2


def parse(text: str, english_cues: bool = True) -> ParsedText:
    """Take `text` apart; offsets are those of `text`. What is behind READ_CHARACTERS is not read.

    `english_cues`: whether words in Latin letters may be English; a French "a" or "on" is not.
    Never raises for a string, whatever is in it. Time is linear in the length.
    """
    read = text[:READ_CHARACTERS]
    folded = fold(read)
    parsed: list[ParsedClause] = []
    for clause in split_clauses(folded):
        found = words(folded, clause.start, clause.end)
        piece = folded[clause.start : clause.end]
        parsed.append(ParsedClause(clause, piece, found, clause_hits(piece, found, english_cues)))
    return ParsedText(parsed)
