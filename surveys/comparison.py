"""What is different between two versions of a survey, as a list that can be read. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from surveys.conditions_in_words import condition_in_words
from surveys.models import QuestionKind, QuestionRole
from surveys.questionnaire import Question, Questionnaire
from surveys.wordings import Wording, wording_of, wordings_of


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """``what`` names the thing; ``before`` and ``after`` are empty where there was none."""

    change: Change
    what: Promise | str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class DifferenceGroup:
    """All differences of one question, or of the texts; ``title`` as the newer version says it."""

    title: Promise | str
    differences: tuple[Difference, ...]


def compare(before: Questionnaire, after: Questionnaire, language: str) -> list[DifferenceGroup]:
    """From ``before`` to ``after``, wordings in ``language``; empty where nothing differs."""
    found: list[DifferenceGroup] = []
    languages = tuple(_set_differences(before.languages, after.languages, _("Language")))
    if languages:
        found.append(DifferenceGroup(_("Languages"), languages))
    old, new = _texts_of(before, language), _texts_of(after, language)
    for title in new:
        rewordings = tuple(_rewordings(old.get(title, ()), new[title]))
        if rewordings:
            found.append(DifferenceGroup(title, rewordings))
    was = {question.key: question for question in before.questions}
    moved = _moved([q.key for q in before.questions], [q.key for q in after.questions])
    for question in after.questions:
        earlier = was.pop(question.key, None)
        if earlier is None:
            differences = [
                Difference(Change.ADDED, _("Question"), after=_said(after, question, language))
            ]
        else:
            differences = [
                *_of_question(before, after, earlier, question, language),
                *_of_place(earlier, question, moved),
            ]
        if differences:
            title = _said(after, question, language)
            found.append(DifferenceGroup(title, tuple(differences)))
    for question in was.values():
        gone = Difference(Change.REMOVED, _("Question"), before=_said(before, question, language))
        found.append(DifferenceGroup(_said(before, question, language), (gone,)))
    return found


def _texts_of(questionnaire: Questionnaire, language: str) -> dict[str, tuple[Wording, ...]]:
    return {
        str(group.title): group.wordings
        for group in wordings_of(questionnaire, language)
        if group.place in ("texts", "mail")
    }


def _rewordings(before: Sequence[Wording], after: Sequence[Wording]) -> Iterator[Difference]:
    said = {wording.name: wording.said for wording in before}
    for wording in after:
        earlier = said.get(wording.name, "")
        if earlier != wording.said:
            yield Difference(Change.REWORDED, wording.label, earlier, wording.said)


def _of_question(
    before: Questionnaire, after: Questionnaire, old: Question, new: Question, language: str
) -> Iterator[Difference]:
    was, now = old.words.get(language), new.words.get(language)
    for name, label in (("label", _("Wording")), ("help_text", _("Hint"))):
        earlier, later = getattr(was, name, ""), getattr(now, name, "")
        if earlier != later:
            yield Difference(Change.REWORDED, label, earlier, later)
    facts = (
        (_("Kind"), QuestionKind(old.kind).label, QuestionKind(new.kind).label),
        (_("What it is good for"), QuestionRole(old.role).label, QuestionRole(new.role).label),
        (_("Must be answered"), _yes_no(old.required), _yes_no(new.required)),
        (_("Choices shuffled"), _yes_no(old.shuffle), _yes_no(new.shuffle)),
    )
    for what, earlier, later in facts:
        if earlier != later:
            yield Difference(Change.CHANGED, what, str(earlier), str(later))
    yield from _of_choices(old, new, language)
    yield from _set_differences(
        [condition_in_words(before, c) for c in old.conditions if c not in new.conditions],
        [condition_in_words(after, c) for c in new.conditions if c not in old.conditions],
        _("Shown if"),
    )


def _of_choices(old: Question, new: Question, language: str) -> Iterator[Difference]:
    was = {choice.key: choice for choice in old.choices}
    moved = _moved(old.choice_keys, new.choice_keys)
    what = _("Choice")
    for choice in new.choices:
        label = choice.labels.get(language) or choice.key
        earlier = was.pop(choice.key, None)
        if earlier is None:
            yield Difference(Change.ADDED, what, after=label)
            continue
        said = earlier.labels.get(language) or earlier.key
        if said != label:
            yield Difference(Change.REWORDED, what, said, label)
        if choice.key in moved:
            yield Difference(Change.MOVED, what, after=label)
        if earlier.pinned != choice.pinned:
            yield Difference(
                Change.CHANGED,
                _("Choice “%(label)s” stays last") % {"label": label},
                _yes_no(earlier.pinned),
                _yes_no(choice.pinned),
            )
    for choice in was.values():
        yield Difference(Change.REMOVED, what, before=choice.labels.get(language) or choice.key)


def _of_place(old: Question, new: Question, moved: set[str]) -> Iterator[Difference]:
    if old.screen != new.screen:
        yield Difference(
            Change.MOVED,
            _("Question"),
            _("screen %(number)d") % {"number": old.screen},
            _("screen %(number)d") % {"number": new.screen},
        )
    elif new.key in moved:
        yield Difference(Change.MOVED, _("Question"), after=_("another place on its screen"))


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Keys in both whose order changed: the fewest that explain it (all but a longest run that
    kept its order)."""
    both = [key for key in after if key in before]
    place = {key: before.index(key) for key in both}
    # The longest increasing run of old places; lists are short, so the plain way will do.
    runs: list[list[str]] = []
    for key in both:
        fitting = [run for run in runs if place[run[-1]] < place[key]]
        runs.append([*max(fitting, key=len, default=[]), key])
    kept = max(runs, key=len, default=[])
    return set(both) - set(kept)


def _set_differences(
    before: Sequence[str], after: Sequence[str], what: Promise | str
) -> Iterator[Difference]:
    for each in after:
        if each not in before:
            yield Difference(Change.ADDED, what, after=each)
    for each in before:
        if each not in after:
            yield Difference(Change.REMOVED, what, before=each)


def _said(questionnaire: Questionnaire, question: Question, language: str) -> str:
    words = question.words.get(language)
    return (words.label if words else "") or wording_of(questionnaire, question)


def _yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def counts(groups: Sequence[DifferenceGroup]) -> Mapping[Change, int]:
    """How many differences of each kind there are."""
    found = [difference.change for group in groups for difference in group.differences]
    return {change: found.count(change) for change in Change if change in found}
