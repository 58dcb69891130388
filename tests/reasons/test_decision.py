"""Which reason is counted: cases on both sides of every rule, without a database."""

import pytest

from reasons.classify.probes import UNPROBED_LEAF
from reasons.classify.result import Reading
from reasons.decision import decide
from reasons.defaults import CHOICE_MEANINGS
from reasons.statements import (
    CLEAR_ENOUGH,
    Correction,
    GivenAnswer,
    Heard,
    Meanings,
    PassedOn,
    Statement,
    statements_of,
)
from reasons.taxonomy import CATEGORY_OF, STARTER_PROVIDER_REASONS

MEANINGS = Meanings(
    categories={code: category.value for code, category in CATEGORY_OF.items()},
    choices={
        ("exit", question, choice): code
        for question, choices in CHOICE_MEANINGS.items()
        for choice, code in choices.items()
    }
    | {("exit", "price_probe", "cannot_say"): "price_unprobed"},
    provider={
        (source, said): code
        for source, codes in STARTER_PROVIDER_REASONS.items()
        for said, code in codes.items()
    },
    unprobed=UNPROBED_LEAF,
)
ROLES = {"reason": "reason", "contributing": "contributing", "reason_text": "reason_text"}


def reading(primary, *others, confidence=0.9, needs_probe=False, evidence=(0, 4)):
    return Reading(
        primary=primary,
        category=CATEGORY_OF[primary].value,
        others=others,
        confidence=confidence,
        needs_probe=needs_probe,
        evidence=evidence,
        abstained=False,
    )


ABSTAINED = Reading("unclear", "unresolved", (), 0.2, False, None, True)
BARE_PRICE = reading("price_or_value_fit", needs_probe=True)


def response(number=1, **said):
    """A response's answers: choice keys as a list, what a text was read as as a reading."""
    answers = []
    for position, (question, value) in enumerate(said.items()):
        answer = number * 100 + position
        is_text = isinstance(value, Reading)
        role = question if is_text else ROLES.get(question, "probe")
        answers.append(
            GivenAnswer(
                answer=answer,
                response=number,
                survey="exit",
                question=question,
                role=role,
                choices=() if is_text else tuple(value),
                said=statements_of(value, meanings=MEANINGS, response=number, answer=answer)
                if is_text
                else (),
            )
        )
    return answers


def passed_on(code="", comment=None, name="stripe", kind="provider"):
    said = statements_of(comment, meanings=MEANINGS, source=kind) if comment else ()
    return PassedOn(kind=kind, name=name, code=code, comment=said)


def decided(answers=(), provider=None, correction=None):
    """({"role reason source", ...}, wants_review)"""
    decision = decide(
        Heard(answers=tuple(answers), passed_on=provider, correction=correction), MEANINGS
    )
    said = [
        f"{each.role} {each.statement.reason} {each.statement.source}" for each in decision.proposed
    ]
    assert len(said) == len(set(said))
    return set(said), decision.wants_review


CASES = {
    "nothing said": ([], None, set(), False),
    # -- the probe --------------------------------------------------------------------------
    "a probe settles its choice, and the choice is not counted a second time": (
        response(reason=["price"], price_probe=["budget_cut"]),
        None,
        {"primary budget_or_cash_flow probe"},
        False,
    ),
    "a probe refines a choice that would have decided by itself": (
        response(reason=["missing_or_broken"], missing_which=["bugs"]),
        None,
        {"primary bugs_or_reliability probe"},
        False,
    ),
    "a probe that settles nothing leaves the choice unresolved": (
        response(reason=["price"], price_probe=["cannot_say"]),
        None,
        {"primary price_unprobed probe"},
        False,
    ),
    "a probe's choice without a meaning leaves the main choice": (
        response(reason=["hard_or_no_help"], hard_which=["something_new"]),
        None,
        {"primary hard_to_use choice"},
        False,
    ),
    "a probe is never overruled by text": (
        response(
            reason=["price"], price_probe=["budget_cut"], comment=reading("support_quality")
        ),
        None,
        {"primary budget_or_cash_flow probe", "contributing support_quality text"},
        True,
    ),
    "a text that only repeats the probed choice adds nothing": (
        response(reason=["price"], price_probe=["budget_cut"], comment=BARE_PRICE),
        None,
        {"primary budget_or_cash_flow probe"},
        False,
    ),
    # -- the choice -------------------------------------------------------------------------
    "an unambiguous choice": (
        response(reason=["hard_or_no_help"]), None, {"primary hard_to_use choice"}, False,
    ),
    "an ambiguous choice without a probe is unresolved": (
        response(reason=["switched"]), None, {"primary switched_unprobed choice"}, False,
    ),
    "text does not settle an ambiguous choice, it contributes": (
        response(reason=["unused"], stuck=reading("hard_to_use")),
        None,
        {"primary unused_unprobed choice", "contributing hard_to_use text"},
        False,
    ),
    "text of the same category contributes and contradicts nothing": (
        response(reason=["hard_or_no_help"], stuck=reading("support_quality")),
        None,
        {"primary hard_to_use choice", "contributing support_quality text"},
        False,
    ),
    "text of another category contributes and wants review": (
        response(reason=["hard_or_no_help"], stuck=reading("bugs_or_reliability")),
        None,
        {"primary hard_to_use choice", "contributing bugs_or_reliability text"},
        True,
    ),
    "text of another category that is hardly readable does neither": (
        response(
            reason=["hard_or_no_help"],
            stuck=reading("bugs_or_reliability", "performance", confidence=CLEAR_ENOUGH - 0.01),
        ),
        None,
        {"primary hard_to_use choice"},
        False,
    ),
    "text saying the same as the choice adds nothing": (
        response(reason=["hard_or_no_help"], stuck=reading("hard_to_use")),
        None,
        {"primary hard_to_use choice"},
        False,
    ),
    "a text that nothing can be read from adds nothing to a choice": (
        response(reason=["hard_or_no_help"], comment=ABSTAINED),
        None,
        {"primary hard_to_use choice"},
        False,
    ),
    "a bare text contradicts nothing, because it is unresolved itself": (
        response(reason=["missing_or_broken"], comment=BARE_PRICE),
        None,
        {"primary missing_feature choice", "contributing price_unprobed text"},
        False,
    ),
    # -- contributing choices ---------------------------------------------------------------
    "contributing choices contribute, the main one not again": (
        response(reason=["price"], contributing=["price", "unused", "missing_or_broken", "other"]),
        None,
        {
            "primary price_unprobed choice",
            "contributing unused_unprobed choice",
            "contributing missing_feature choice",
        },
        False,
    ),
    "a choice says it before a text does": (
        response(
            reason=["price"],
            stuck=reading("missing_feature"),
            contributing=["missing_or_broken"],
        ),
        None,
        {"primary price_unprobed choice", "contributing missing_feature choice"},
        False,
    ),
    "a contributing choice never becomes primary": (
        response(contributing=["hard_or_no_help"]),
        None,
        {"contributing hard_to_use choice"},
        False,
    ),
    # -- free text --------------------------------------------------------------------------
    "text after something else": (
        response(reason=["other"], reason_text=reading("business_closed", "need_ended")),
        None,
        {"primary business_closed text", "contributing need_ended text"},
        False,
    ),
    "text without any choice": (
        response(comment=reading("business_closed")), None, {"primary business_closed text"}, False,
    ),
    "own words before where they got stuck before the comment": (
        response(
            reason=["other"],
            comment=reading("need_ended"),
            stuck=reading("hard_to_use"),
            reason_text=reading("business_closed"),
        ),
        None,
        {
            "primary business_closed text",
            "contributing hard_to_use text",
            "contributing need_ended text",
        },
        False,
    ),
    "own words that say nothing give way to the comment": (
        response(reason=["other"], reason_text=ABSTAINED, comment=reading("need_ended")),
        None,
        {"primary need_ended text"},
        False,
    ),
    "a bare text is unresolved": (
        response(reason=["other"], reason_text=BARE_PRICE),
        None,
        {"primary price_unprobed text"},
        False,
    ),
    "a text that the model could not decide is unclear, and a person looks": (
        response(reason=["other"], reason_text=ABSTAINED), None, {"primary unclear text"}, True,
    ),
    "a text read with little confidence is counted, and a person looks": (
        response(
            reason=["other"], reason_text=reading("need_ended", "hard_to_use", confidence=0.4)
        ),
        None,
        {"primary need_ended text"},
        True,
    ),
    "something else and not a word: heard from, nothing settled": (
        response(reason=["other"]), None, {"primary unclear choice"}, False,
    ),
    # -- what a billing system or an import passed on ---------------------------------------
    "a code that decides": (
        [], passed_on("too_complex"), {"primary hard_to_use provider"}, False,
    ),
    "a code that does not decide": (
        [], passed_on("too_expensive"), {"primary price_unprobed provider"}, False,
    ),
    "a failed payment says how it ended, not why": ([], passed_on("payment_failed"), set(), False),
    "a code that nobody has given a meaning": ([], passed_on("rule_7"), set(), False),
    "an import's reason": (
        [],
        passed_on("too_complex", name="stripe", kind="import"),
        {"primary hard_to_use import"},
        False,
    ),
    "a comment beside a code that says nothing": (
        [],
        passed_on("other", reading("business_closed")),
        {"primary business_closed provider"},
        False,
    ),
    "a comment settles a code that does not decide": (
        [],
        passed_on("too_expensive", reading("business_closed")),
        {"primary business_closed provider"},
        False,
    ),
    "a bare comment does not": (
        [],
        passed_on("unused", BARE_PRICE),
        {"primary unused_unprobed provider", "contributing price_unprobed provider"},
        False,
    ),
    "an unreadable comment does not": (
        [], passed_on("unused", ABSTAINED), {"primary unused_unprobed provider"}, False,
    ),
    "a code that decides counts before the comment": (
        [],
        passed_on("too_complex", reading("support_quality")),
        {"primary hard_to_use provider", "contributing support_quality provider"},
        False,
    ),
    "a comment that contradicts a deciding code wants review": (
        [],
        passed_on("too_complex", reading("business_closed")),
        {"primary hard_to_use provider", "contributing business_closed provider"},
        True,
    ),
    "a comment that says nothing": (
        [], passed_on("other", ABSTAINED), {"primary unclear provider"}, True,
    ),
    "the survey's answer counts before what was passed on": (
        response(reason=["hard_or_no_help"]),
        passed_on("low_quality"),
        {"primary hard_to_use choice", "contributing quality_below_expectations provider"},
        False,
    ),
    "what was passed on counts before an answer without a word": (
        response(reason=["other"]),
        passed_on("low_quality"),
        {"primary quality_below_expectations provider"},
        False,
    ),
    # -- two surveys answered ---------------------------------------------------------------
    "a probe in the older response before an open choice in the newer": (
        [
            *response(2, reason=["unused"]),
            *response(1, reason=["price"], price_probe=["budget_cut"]),
        ],
        None,
        {"primary budget_or_cash_flow probe", "contributing unused_unprobed choice"},
        False,
    ),
    "of two choices the newer one": (
        [*response(2, reason=["hard_or_no_help"]), *response(1, reason=["missing_or_broken"])],
        None,
        {"primary hard_to_use choice", "contributing missing_feature choice"},
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "provider", "expected", "review"), CASES.values(), ids=CASES.keys()
)
def test_order_of_what_counts(answers, provider, expected, review):
    assert decided(answers, provider) == (expected, review)


CORRECTIONS = {
    "the machine proposes no primary reason beside an analyst's": (
        response(reason=["hard_or_no_help"]),
        Correction(named=frozenset({"champion_left"}), seen=frozenset({"hard_to_use"})),
        set(),
        False,
    ),
    "contributing reasons that the analyst left standing stay": (
        response(reason=["price"], contributing=["unused"]),
        Correction(
            named=frozenset({"champion_left"}),
            kept=frozenset({"unused_unprobed"}),
            seen=frozenset({"price_unprobed", "unused_unprobed"}),
        ),
        {"contributing unused_unprobed choice"},
        False,
    ),
    "those that the analyst struck out do not come back": (
        response(reason=["price"], contributing=["unused"]),
        Correction(
            named=frozenset({"champion_left"}),
            seen=frozenset({"price_unprobed", "unused_unprobed"}),
        ),
        set(),
        False,
    ),
    "what is said after the correction is not added, but a person looks": (
        response(reason=["price"], stuck=reading("support_quality")),
        Correction(named=frozenset({"champion_left"}), seen=frozenset({"price_unprobed"})),
        set(),
        True,
    ),
    "what the analyst has named already is no news": (
        response(reason=["hard_or_no_help"]),
        Correction(named=frozenset({"hard_to_use"})),
        set(),
        False,
    ),
    "a contributing reason that is no longer said is not kept": (
        response(reason=["price"]),
        Correction(
            named=frozenset({"champion_left"}),
            kept=frozenset({"unused_unprobed"}),
            seen=frozenset({"price_unprobed", "unused_unprobed"}),
        ),
        set(),
        False,
    ),
}


@pytest.mark.parametrize(
    ("answers", "correction", "expected", "review"), CORRECTIONS.values(), ids=CORRECTIONS.keys()
)
def test_beside_a_correction(answers, correction, expected, review):
    assert decided(answers, correction=correction) == (expected, review)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            reading("business_closed", confidence=0.8, evidence=(3, 9)),
            [("business_closed", 0.8, False, (3, 9), True)],
        ),
        (BARE_PRICE, [("price_unprobed", 0.9, True, (0, 4), True)]),
        (ABSTAINED, [("unclear", 0.2, False, None, True)]),
        (
            reading("hard_to_use", "support_quality"),
            [
                ("hard_to_use", 0.9, False, (0, 4), True),
                ("support_quality", None, False, None, False),
            ],
        ),
        (
            reading("hard_to_use", "support_quality", confidence=0.3),
            [("hard_to_use", 0.3, False, (0, 4), True)],
        ),
    ],
)
def test_statements_of_a_reading(said, expected):
    assert [
        (each.reason, each.confidence, each.needs_probe, each.evidence, each.is_main)
        for each in statements_of(said, meanings=MEANINGS)
    ] == expected


def test_reason_that_a_team_has_removed_is_not_counted():
    fewer = Meanings(
        categories={"unclear": "unresolved"},
        choices=MEANINGS.choices,
        provider=MEANINGS.provider,
        unprobed=UNPROBED_LEAF,
    )
    said = statements_of(reading("business_closed"), meanings=fewer)
    assert said[0].reason == "unclear"
    decision = decide(Heard(answers=tuple(response(reason=["price"]))), fewer)
    assert [each.statement.reason for each in decision.proposed] == ["unclear"]


@pytest.mark.parametrize(
    ("answers", "provider", "needs_probe"),
    [
        (response(reason=["price"]), None, True),
        (response(reason=["hard_or_no_help"]), None, False),
        (response(reason=["other"]), None, False),
        (response(reason=["other"], reason_text=BARE_PRICE), None, True),
        ([], passed_on("too_expensive"), True),
        ([], passed_on("too_complex"), False),
    ],
)
def test_what_still_needs_a_probe_says_so(answers, provider, needs_probe):
    decision = decide(Heard(answers=tuple(answers), passed_on=provider), MEANINGS)
    assert decision.proposed[0].statement.needs_probe is needs_probe


def test_statement_names_the_answer_it_was_taken_from():
    answers = response(7, reason=["price"], price_probe=["budget_cut"])
    statement = decide(Heard(answers=tuple(answers)), MEANINGS).proposed[0].statement
    assert statement == Statement(
        reason="budget_or_cash_flow", source="probe", response=7, answer=701
    )
