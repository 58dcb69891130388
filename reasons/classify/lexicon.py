"""Cues: knowledge about how people say each reason, matched against one clause at a time.

A cue file (`cues/en.toml`) gives each leaf a text of patterns separated by commas. In languages
written with blanks a pattern is a list of words: `*` ends a word that may go on, `a|b` is
either, `..` skips up to three words. In Chinese it is a string in which `..` skips up to six
characters, `(a|b)` is either and `(a)?` may be left out. A leading `?` marks a cue that only
hints at the leaf.

Patterns are found through an index of their first word or characters, so that the cost of a text
grows with its length and not with the number of patterns; no regular expression can blow up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from reasons.classify.normalise import CJK_RUN, Word
from reasons.taxonomy import CATEGORY_OF

_CUES = Path(__file__).parent / "cues"

_GAP_WORDS = 3
_GAP_CHARACTERS = 6
_GAP = ".."

# A clause of more words is no clause; the rest of it has no cues, so that cost is bounded.
_MOST_WORDS = 400

# A cue that stands next to praise, or in words that set it aside, speaks against its leaf.
_PRAISE_TEXT = """
fine ok okay good great excellent fair reasonable perfect nice fantastic superb helpful fast solid
wonderful amazing brilliant friendly lovely acceptable best love loved like liked
"""
_PRAISE = frozenset(_PRAISE_TEXT.split())
_NEGATION = frozenset(("not", "no", "never", "nothing", "without", "hardly", "neither", "nor"))
_BE = frozenset(("is", "was", "are", "were", "be", "been", "seems", "seemed", "feels", "felt"))
_PRAISE_REACH = 4
_SET_ASIDE = (
    ("not", "about"),
    ("not", "because"),
    ("not", "due"),
    ("not", "the"),
    ("nothing", "to", "do", "with"),
    ("nothing", "wrong", "with"),
    ("nothing", "against"),
    ("no", "problem"),
    ("no", "problems"),
    ("no", "issue"),
    ("no", "issues"),
    ("no", "complaints"),
    ("no", "complaint"),
    ("not", "a", "question", "of"),
    ("not", "a", "matter", "of"),
    ("rather", "than"),
)
_PRAISE_ZH = (
    "很好",
    "不错",
    "没问题",
    "没有问题",
    "还可以",
    "很满意",
    "合理",
    "挺好",
    "没意见",
    "无所谓",
)
_SET_ASIDE_ZH = ("不是因为", "并不是", "并非", "不是", "不在于", "跟", "与", "和")
_UNRELATED_ZH = ("无关", "没关系", "没有关系")


class Hit(NamedTuple):
    """A cue found: its leaf, whether it is strong, and whether the clause sets it aside."""

    leaf: str
    strong: bool
    dismissed: bool


class _Spellings(NamedTuple):
    whole: frozenset[str]
    beginnings: tuple[str, ...]

    def matches(self, word: str) -> bool:
        return word in self.whole or (bool(self.beginnings) and word.startswith(self.beginnings))


class _WordPattern(NamedTuple):
    leaf: str
    strong: bool
    # The words behind the first, which the index has found; None is a gap.
    parts: tuple[_Spellings | None, ...]


class _CharacterPattern(NamedTuple):
    leaf: str
    strong: bool
    parts: tuple[str, ...]


def load_cues(language: str) -> dict[str, str]:
    """The cue file of a language: reason code -> patterns as text.

    Raises ValueError for a code that the taxonomy does not have.
    """
    cues = tomllib.loads((_CUES / f"{language}.toml").read_text(encoding="utf-8"))
    unknown = sorted(cues.keys() - CATEGORY_OF.keys())
    if unknown:
        raise ValueError(f"{language}.toml: {unknown[0]!r} is not a reason code")
    return cues


def _patterns(cues: Mapping[str, str]) -> Iterator[tuple[str, bool, str]]:
    for leaf, text in cues.items():
        for raw in " ".join(text.split()).split(","):
            pattern = raw.strip()
            if pattern:
                yield leaf, not pattern.startswith("?"), pattern.removeprefix("?")


def _spellings(part: str) -> _Spellings | None:
    if part == _GAP:
        return None
    choices = part.split("|")
    return _Spellings(
        frozenset(choice for choice in choices if not choice.endswith("*")),
        tuple(choice[:-1] for choice in choices if choice.endswith("*")),
    )


class WordLexicon:
    """The cues of a language that is written with blanks."""

    def __init__(self, cues: Mapping[str, str]) -> None:
        self._exact: dict[str, list[_WordPattern]] = {}
        self._prefixed: dict[str, list[_WordPattern]] = {}
        for leaf, strong, text in _patterns(cues):
            # A line break behind a bar leaves a blank there; it belongs to the alternatives.
            first, *rest = (_spellings(part) for part in text.replace("| ", "|").split())
            if first is None:
                raise ValueError(f"the cue {text!r} begins with a gap")
            pattern = _WordPattern(leaf, strong, tuple(rest))
            for word in first.whole:
                self._exact.setdefault(word, []).append(pattern)
            for beginning in first.beginnings:
                self._prefixed.setdefault(beginning, []).append(pattern)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixed})

    def _candidates(self, word: str) -> Iterator[_WordPattern]:
        yield from self._exact.get(word, ())
        for length in self._prefix_lengths:
            if length > len(word):
                break
            yield from self._prefixed.get(word[:length], ())

    @staticmethod
    def _found(pattern: _WordPattern, words: Sequence[str], position: int) -> bool:
        """Whether the words from `position` on go on as `pattern` does, behind its first word."""
        reach = 1
        for part in pattern.parts:
            if part is None:
                reach = 1 + _GAP_WORDS
                continue
            for candidate in range(position, min(position + reach, len(words))):
                if part.matches(words[candidate]):
                    position, reach = candidate + 1, 1
                    break
            else:
                return False
        return True

    def hits(self, words: Sequence[Word]) -> list[Hit]:
        """All cues in the words of one clause, in order, each leaf at most once a position."""
        texts = [word.text for word in words[:_MOST_WORDS]]
        found: list[Hit] = []
        for start, word in enumerate(texts):
            seen: set[tuple[str, bool]] = set()
            for pattern in self._candidates(word):
                key = (pattern.leaf, pattern.strong)
                if key in seen:
                    continue
                if self._found(pattern, texts, start + 1):
                    seen.add(key)
                    found.append(Hit(pattern.leaf, pattern.strong, _dismissed(texts, start)))
        return found


def _dismissed(words: Sequence[str], start: int) -> bool:
    before = tuple(words[max(0, start - 6) : start])
    for phrase in _SET_ASIDE:
        if any(before[i : i + len(phrase)] == phrase for i in range(len(before))):
            return True
    if words[start - 1 : start] and words[start - 1] in _PRAISE:
        return not _NEGATION.intersection(before)
    behind = words[start + 1 : start + 1 + _PRAISE_REACH]
    return bool(
        _BE.intersection(behind)
        and _PRAISE.intersection(behind)
        and not _NEGATION.intersection(behind)
    )


def _expanded(text: str) -> Iterator[str]:
    """`打不(开|了)` as 打不开 and 打不了, `新版(本)?` as 新版本 and 新版."""
    pieces: list[list[str]] = []
    rest = text
    while "(" in rest:
        head, _, tail = rest.partition("(")
        inside, _, rest = tail.partition(")")
        choices = inside.split("|")
        if rest.startswith("?"):
            choices, rest = [*choices, ""], rest[1:]
        pieces += [[head], choices]
    pieces.append([rest])
    return ("".join(choice) for choice in product(*pieces))


class CharacterLexicon:
    """The cues of a language that is written without blanks."""

    def __init__(self, cues: Mapping[str, str]) -> None:
        # By the first two characters, or by the only one of a pattern that begins with one.
        self._by_start: dict[str, list[_CharacterPattern]] = {}
        for leaf, strong, text in _patterns(cues):
            for spelled in _expanded(text.replace(" ", "")):
                parts = tuple(part for part in spelled.split(_GAP) if part)
                pattern = _CharacterPattern(leaf, strong, parts)
                self._by_start.setdefault(parts[0][:2], []).append(pattern)

    @staticmethod
    def _end(pattern: _CharacterPattern, clause: str, start: int) -> int | None:
        if not clause.startswith(pattern.parts[0], start):
            return None
        position = start + len(pattern.parts[0])
        for part in pattern.parts[1:]:
            found = clause.find(part, position, position + _GAP_CHARACTERS + len(part))
            if found < 0:
                return None
            position = found + len(part)
        return position

    def hits(self, clause: str) -> list[Hit]:
        """All cues in one folded clause, in order, each leaf at most once a position."""
        found: list[Hit] = []
        by_start = self._by_start
        for start, character in enumerate(clause):
            candidates = by_start.get(clause[start : start + 2], [])
            if character in by_start and start + 1 < len(clause):
                candidates = candidates + by_start[character]
            seen: set[tuple[str, bool]] = set()
            for pattern in candidates:
                key = (pattern.leaf, pattern.strong)
                if key in seen:
                    continue
                end = self._end(pattern, clause, start)
                if end is not None:
                    seen.add(key)
                    found.append(
                        Hit(pattern.leaf, pattern.strong, _dismissed_zh(clause, start, end))
                    )
        return found


def _dismissed_zh(clause: str, start: int, end: int) -> bool:
    before, behind = clause[max(0, start - 6) : start], clause[end : end + 8]
    if any(word in behind for word in _UNRELATED_ZH):
        return True
    if any(before.endswith(word) for word in _SET_ASIDE_ZH[:5]):
        return True
    return any(word in behind for word in _PRAISE_ZH)


@cache
def _english() -> WordLexicon:
    return WordLexicon(load_cues("en"))


@cache
def _chinese() -> CharacterLexicon:
    return CharacterLexicon(load_cues("zh"))


def clause_hits(clause: str, clause_words: Sequence[Word], english: bool = True) -> list[Hit]:
    """The cues in one folded clause and its words.

    Scripts choose the cue file, so that English words in a Chinese answer are read as well;
    `english` is False where Latin letters are known to be another language.
    """
    found = _english().hits(clause_words) if english and clause_words else []
    if CJK_RUN.search(clause):
        found += _chinese().hits(clause)
    return found
