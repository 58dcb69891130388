"""The one question that settles what somebody wrote: upper rooms choose it, within a deadline."""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connections

from surveys import registries
from surveys.models import QuestionRole
from surveys.paths import decides, written_reason
from surveys.questionnaire import AnswerValue, Questionnaire
from surveys.registries import ProbeChooser

logger = logging.getLogger(__name__)

# A respondent waits no longer than this for all choosers together.
DEADLINE_SECONDS = 0.1
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="probe-chooser")


def text_probe_after(
    questionnaire: Questionnaire,
    screen: int,
    *,
    before: Mapping[str, AnswerValue],
    after: Mapping[str, AnswerValue],
    asked: str,
    language: str,
) -> str:
    """The key of the probe that the text calls for once ``screen`` is sent; "" for none.

    ``before`` and ``after`` are all answers by question key, without and with that screen;
    ``asked`` is the probe so far. It stays where the screen leaves open what it was asked for.
    """
    written = written_reason(questionnaire, after)
    if written is None:
        return ""
    if not decides(questionnaire, screen, written):
        return asked
    reason = questionnaire.reason_question
    rests_on = [written.key, *([reason.key] if reason else [])]
    if asked and all(before.get(key) == after.get(key) for key in rests_on):
        return asked
    return choose_probe(questionnaire, after, str(after[written.key]), language)


def choose_probe(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue], text: str, language: str
) -> str:
    """What the first chooser with an answer names; "" where none does so in time.

    The text is in no log: a chooser that fails is named with its kind of error alone.
    """
    if not registries.probe_choosers:
        return ""
    chosen = _threads.submit(_ask_choosers, questionnaire, answers, text, language)
    try:
        return chosen.result(timeout=DEADLINE_SECONDS)
    except TimeoutError:
        _give_up(chosen)
        return ""


def warm_up() -> None:
    """Let the choosers load what they need, so that the first respondent does not run into the
    deadline. Returns at once; for a web process that begins.
    """
    nothing = Questionnaire(
        survey="", moment="", default_language="", languages=(), words={}, questions=()
    )
    threading.Thread(target=_ask_choosers, args=(nothing, {}, "-", ""), daemon=True).start()


def _give_up(chosen: Future[str]) -> None:
    """What has begun runs to its end and is not listened to; what waits never begins."""
    chosen.cancel()
    logger.warning("No follow-up to a text: choosing it took over %s s.", DEADLINE_SECONDS)


def _ask_choosers(
    questionnaire: Questionnaire, answers: Mapping[str, AnswerValue], text: str, language: str
) -> str:
    probes = [each.key for each in questionnaire.questions if each.role == QuestionRole.PROBE]
    try:
        for choose in registries.probe_choosers:
            key = _ask(choose, questionnaire, answers, text, language)
            if key in probes:
                return key
    finally:
        # This thread's own: no request ends here that would close them.
        connections.close_all()
    return ""


def _ask(
    choose: ProbeChooser,
    questionnaire: Questionnaire,
    answers: Mapping[str, AnswerValue],
    text: str,
    language: str,
) -> str:
    try:
        return choose(questionnaire, answers, text, language)
    except Exception as error:
        name = getattr(choose, "__qualname__", repr(choose))
        logger.warning("No follow-up to a text: %s failed (%s).", name, type(error).__name__)
        return ""
