"""Which questions were shown, answered, left: on a survey of three screens, and on rows."""

import pytest
from django.utils import timezone

from surveys.models import Response
from surveys.questionnaire import Choice, Condition, Question, Questionnaire
from surveys.stopping import Progress, count_questions, way_of
from tests.factories.surveys import (
    AnswerFactory,
    InvitationFactory,
    ResponseFactory,
    published_version,
)


def question(key, *, screen=1, kind="single", role="comment", choices=(), under=()):
    return Question(
        key=key,
        kind=kind,
        role=role,
        screen=screen,
        choices=tuple(Choice(each) for each in choices),
        conditions=tuple(under),
    )


THREE_SCREENS = Questionnaire(
    survey="exit",
    moment="left",
    default_language="en",
    languages=("en",),
    words={},
    questions=(
        question("reason", role="reason", choices=("price", "other")),
        question(
            "probe", role="probe", choices=("budget", "value"),
            under=[Condition("reason", "price")],
        ),
        question("words", kind="text", role="reason_text", under=[Condition("reason", "other")]),
        question("stuck", screen=2, kind="text"),
        question("score", screen=2, kind="scale"),
        question("why", screen=3, kind="text", under=[Condition("stuck", test="text")]),
        question(
            "low", screen=3, kind="text",
            under=[Condition("score", test="scale", at_least=0, at_most=6)],
        ),
    ),
)  # fmt: skip


def progress(*, submitted=False, completed=False, text_probe="", sent=(), unsent=()):
    return Progress(submitted, completed, text_probe, tuple(sent), tuple(unsent))


PRICE, BUDGET = ("reason", ("price",)), ("probe", "…")
OTHER, WORDS = ("reason", ("other",)), ("words", "…")


@pytest.mark.parametrize(
    ("of", "shown", "stopped"),
    [
        # Filled in, not sent: the next question that these answers open.
        (progress(unsent=[PRICE]), "reason probe", "probe"),
        (progress(unsent=[("reason", ("other",))]), "reason words", "words"),
        (progress(unsent=[PRICE, BUDGET]), "reason probe stuck score", "stuck"),
        # Something was noted, and taken back before it was sent.
        (progress(), "reason", "reason"),
        # The first screen was sent, its follow-up passed over: the next screen was seen.
        (progress(submitted=True, sent=[PRICE]), "reason probe stuck score", "stuck"),
        (
            progress(submitted=True, sent=[PRICE, BUDGET], unsent=[("stuck", "…")]),
            "reason probe stuck score",
            "score",
        ),
        # An answer to the second screen: that screen was sent, and opened the third.
        (
            progress(submitted=True, sent=[PRICE, ("score", 3)]),
            "reason probe stuck score low",
            "low",
        ),
        (
            progress(submitted=True, sent=[PRICE, ("stuck", "…"), ("score", 9)]),
            "reason probe stuck score why",
            "why",
        ),
        # Nothing is left to ask after what was sent.
        (progress(submitted=True, sent=[PRICE, ("score", 9)]), "reason probe stuck score", ""),
        # The text called for a follow-up, on a screen of its own right after the first.
        (
            progress(submitted=True, text_probe="probe", sent=[OTHER, WORDS]),
            "reason words probe",
            "probe",
        ),
        (
            progress(submitted=True, text_probe="probe", sent=[OTHER, WORDS, BUDGET]),
            "reason words probe stuck score",
            "stuck",
        ),
        (
            progress(submitted=True, text_probe="probe", sent=[OTHER, WORDS, ("score", 9)]),
            "reason words probe stuck score",
            "",
        ),
        # Completed: all that was open was shown, whatever was answered.
        (progress(submitted=True, completed=True, sent=[PRICE]), "reason probe stuck score", ""),
    ],
)
def test_shown_where_open_and_the_screen_was_reached(of, shown, stopped):
    way = way_of(THREE_SCREENS, of)
    assert way.shown == set(shown.split())
    assert way.stopped == stopped


def started(**fields):
    answers = fields.pop("answers", {})
    response = ResponseFactory(
        invitation=InvitationFactory(),
        **{"submitted_at": timezone.now() if answers else None, **fields},
    )
    for key, given in answers.items():
        said = {"choices": given} if isinstance(given, list) else {"text": given}
        AnswerFactory(response=response, key=key, answered_at=timezone.now(), **said)
    return response


@pytest.fixture
def counted(db, django_assert_num_queries):
    def count():
        versions = [published_version()]
        with django_assert_num_queries(3):
            found = count_questions(Response.objects.all(), versions)
        return {each.question.key: each for each in found}

    return count


def test_partial_answers_count_as_partial(counted):
    published_version()
    started(unsent={"reason": "price"}, unsent_at=timezone.now())
    started(answers={"reason": ["price"]})
    started(answers={"reason": ["unused"], "unused_probe": ["no_time"]})
    found = counted()
    reason, price, unused = found["reason"], found["price_probe"], found["unused_probe"]
    assert (reason.shown, reason.answered, reason.unsent, reason.stopped) == (3, 2, 1, 0)
    assert (price.shown, price.answered, price.stopped) == (2, 0, 1)
    assert (unused.shown, unused.answered, unused.share) == (1, 1, 1.0)
    assert found["switched_probe"].shown == 0
    # Two sent the first screen and stopped on the next.
    assert sum(each.stopped for each in found.values()) == 3


def test_queries_do_not_grow_and_taken_back_answers_do_not_count(counted):
    for _ in range(6):
        response = started(answers={"reason": ["price"], "price_probe": ["budget_cut"]})
    response.answers.filter(question__key="price_probe").update(is_current=False)
    found = counted()
    assert (found["reason"].answered, found["price_probe"].answered) == (6, 5)


def test_of_other_surveys_nothing_is_counted(counted):
    published_version()
    version = published_version("cancellation")
    ResponseFactory(invitation=InvitationFactory(for_intent=True), survey_version=version)
    assert {each.shown for each in counted().values()} == {0}
