"""Which reasons follow from everything that was said about one cancellation. Pure: no database.

The stated primary reason comes from the first of these that exists:

1. an analyst's correction;
2. the probe: the follow-up that settles what a choice means;
3. a choice that decides by itself, or else the unresolved leaf of one that does not;
4. free text: after "something else", or where nothing was chosen;
5. what a billing system or an import passed on. A code that decides by itself counts before the
   customer's comment; a comment that gives a reason counts before a code that does not decide.
   It is to the code what a probe is to a choice, so such a code is settled by it.

``unclear`` comes last of all: it is counted only where something was said and nothing in it
gives a reason. What is not primary contributes, if it is said clearly enough; a choice whose
meaning a probe has settled is not counted a second time. A customer who answered two surveys is
read by the same order; within one step the newer response counts first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from reasons.models import Role, Source
from reasons.statements import (
    CLEAR_ENOUGH,
    TEXT_ROLES,
    UNCLEAR,
    Correction,
    Decision,
    GivenAnswer,
    Heard,
    Meanings,
    PassedOn,
    Proposed,
    Statement,
)
from surveys.models import QuestionRole


def decide(heard: Heard, meanings: Meanings) -> Decision:
    """The classifications that should stand, and whether an analyst should look.

    An analyst should look where free text contradicts what was chosen, where the model could not
    decide, and where something new was said after an analyst's correction.
    """
    found = _Found()
    for _, group in groupby(heard.answers, key=lambda given: given.response):
        _hear_response(list(group), found, meanings)
    found.texts.sort(key=lambda ranked: ranked[0])
    said_first = [statement for _, statements in found.texts for statement in statements]
    ranked = [*found.probes, *found.choices, *found.open_choices, *said_first]
    if heard.passed_on:
        ranked += _hear_provider(heard.passed_on, found, meanings)
    ranked += found.silent
    mains = [each for each in ranked if each.is_main]
    primary = next((each for each in mains if each.reason != UNCLEAR), None)
    primary = primary or next(iter(mains), None)
    contributing = list(
        _contributing([*ranked, *found.further_choices], primary, found.settled, meanings)
    )
    if heard.correction:
        return _beside_correction(heard.correction, primary, contributing)
    proposed = [Proposed(role=Role.CONTRIBUTING, statement=each) for each in contributing]
    if primary:
        proposed.insert(0, Proposed(role=Role.PRIMARY, statement=primary))
    return Decision(proposed=tuple(proposed), wants_review=_wants_review(primary, ranked, meanings))


class _Found:
    """What has been heard so far, by the step of the order it belongs to."""

    def __init__(self) -> None:
        self.probes: list[Statement] = []
        self.choices: list[Statement] = []
        self.open_choices: list[Statement] = []
        self.texts: list[tuple[int, tuple[Statement, ...]]] = []
        self.further_choices: list[Statement] = []
        # Something was chosen that means nothing by itself, and nothing else was said.
        self.silent: list[Statement] = []
        # Unresolved leaves that a probe, or a comment, has settled.
        self.settled: set[str] = set()


def _hear_response(answers: list[GivenAnswer], found: _Found, meanings: Meanings) -> None:
    chosen = {
        key for given in answers if given.role == QuestionRole.REASON for key in given.choices
    }
    reasons = list(_chosen(answers, QuestionRole.REASON, meanings))
    probes = list(_chosen(answers, QuestionRole.PROBE, meanings))
    settling = [each for each in probes if meanings.is_resolved(each.reason)]
    if settling:
        found.probes += settling
        found.settled |= _settled(reasons, answers, meanings)
    else:
        found.choices += [each for each in reasons if meanings.is_resolved(each.reason)]
        found.open_choices += [
            replace(each, needs_probe=each.reason != UNCLEAR)
            for each in [*probes, *reasons]
            if not meanings.is_resolved(each.reason)
        ]
    found.further_choices += [
        replace(each, needs_probe=not meanings.is_resolved(each.reason))
        for each in _chosen(answers, QuestionRole.CONTRIBUTING, meanings, without=chosen)
    ]
    found.texts += [
        (TEXT_ROLES.index(QuestionRole(given.role)), given.said)
        for given in answers
        if given.role in TEXT_ROLES and given.said
    ]
    if chosen and not reasons:
        first = next(given for given in answers if given.role == QuestionRole.REASON)
        found.silent.append(
            Statement(
                reason=UNCLEAR, source=Source.CHOICE, response=first.response, answer=first.answer
            )
        )


def _settled(reasons: list[Statement], answers: list[GivenAnswer], meanings: Meanings) -> set[str]:
    """The open words that a probe has made clear: the choice's, or, where no choice means
    anything by itself, that of the text which the probe was asked about.
    """
    texts = [given for given in answers if given.role in TEXT_ROLES and given.said]
    texts.sort(key=lambda given: TEXT_ROLES.index(QuestionRole(given.role)))
    asked_about = reasons or [each for given in texts[:1] for each in given.said if each.is_main]
    return {each.reason for each in asked_about if not meanings.is_resolved(each.reason)}


def _chosen(
    answers: list[GivenAnswer],
    role: str,
    meanings: Meanings,
    without: Iterable[str] = (),
) -> Iterator[Statement]:
    source = Source.PROBE if role == QuestionRole.PROBE else Source.CHOICE
    for given in answers:
        if given.role != role:
            continue
        for key in given.choices:
            reason = "" if key in without else meanings.of_choice(given, key)
            if reason:
                yield Statement(
                    reason=reason, source=source, response=given.response, answer=given.answer
                )


def _hear_provider(passed_on: PassedOn, found: _Found, meanings: Meanings) -> list[Statement]:
    code = meanings.of_code(passed_on)
    comment = list(passed_on.comment)
    if not code:
        return comment
    stated = Statement(reason=code, source=passed_on.kind)
    if meanings.is_resolved(code):
        return [stated, *comment]
    if comment and meanings.is_resolved(comment[0].reason):
        found.settled.add(code)
        return comment
    return [replace(stated, needs_probe=code != UNCLEAR), *comment]


def _contributing(
    statements: Iterable[Statement],
    primary: Statement | None,
    settled: set[str],
    meanings: Meanings,
) -> Iterator[Statement]:
    """Each further reason once; a choice before a text, and a text's main reason before others."""
    done = {UNCLEAR} | settled | ({primary.reason} if primary else set())
    for each in sorted(statements, key=lambda each: (each.is_reading, not each.is_main)):
        if each.reason not in done and _is_clear(each) and each.reason in meanings.categories:
            done.add(each.reason)
            yield each


def _is_clear(statement: Statement) -> bool:
    return statement.confidence is None or statement.confidence >= CLEAR_ENOUGH


def _wants_review(
    primary: Statement | None, ranked: Iterable[Statement], meanings: Meanings
) -> bool:
    if primary is None:
        return False
    if primary.is_reading:
        return primary.reason == UNCLEAR or not _is_clear(primary)
    if not meanings.is_resolved(primary.reason):
        return False
    return any(
        each.is_reading
        and each.is_main
        and _is_clear(each)
        and meanings.is_resolved(each.reason)
        and meanings.categories[each.reason] != meanings.categories[primary.reason]
        for each in ranked
    )


def _beside_correction(
    correction: Correction, primary: Statement | None, contributing: list[Statement]
) -> Decision:
    """What the analyst left standing beside the corrected reason stays; nothing is added to it."""
    proposals = {each.reason: each for each in [*([primary] if primary else []), *contributing]}
    kept = [
        Proposed(role=Role.CONTRIBUTING, statement=each)
        for reason, each in proposals.items()
        if reason in correction.kept and reason not in correction.named
    ]
    news = proposals.keys() - correction.seen - correction.named - {UNCLEAR}
    return Decision(proposed=tuple(kept), wants_review=bool(news))
