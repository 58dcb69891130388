"""A form laid out for reading: each follow-up stands under the choice that opens it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from surveys.models import ConditionTest, QuestionKind, QuestionRole
from surveys.pages.forms import ScreenForm
from surveys.questionnaire import SCALE_KEYS, Condition, Question, taken_choices

# A follow-up that one choice opens stands under it. Any other is matched by numbered classes of
# the stylesheet (opens-1 on an answer, opened-by-1, ...); beyond so many it is simply always shown.
SLOTS = 6


@dataclass
class OptionView:
    key: str
    label: str
    field_id: str
    checked: bool
    is_scale: bool = False
    classes: str = ""
    follow_ups: "list[QuestionView]" = field(default_factory=list)
    # Where it begins, while the page is rendered ahead; nothing otherwise.
    mark: str = ""

    def add_opening(self, name: str) -> None:
        self.classes = f"{self.classes} {name}".strip()


@dataclass
class QuestionView:
    """What the template needs of a question; ``field_id`` is where an error's link leads."""

    key: str
    kind: str
    name: str
    field_id: str
    label: str
    help_text: str
    error: str
    is_title: bool
    is_short: bool
    value: str
    options: list[OptionView]
    classes: str = ""
    # Of the field in which something written opens others.
    opens: str = ""
    # Where its options end, while the page is rendered ahead; nothing otherwise.
    mark: str = ""

    def add_opening(self, name: str) -> None:
        self.opens = f"{self.opens} {name}".strip()

    @property
    def described_by(self) -> str:
        parts = [("help", self.help_text), ("error", self.error)]
        return " ".join(f"{self.name}-{part}" for part, said in parts if said)


def lay_out(form: ScreenForm, *, title: str, with_errors: bool) -> list[QuestionView]:
    """The questions of the form from top to bottom, follow-ups inside their options.

    A question that asks the same as the page's ``title`` is marked so that it is read once.
    """
    views = {question.key: _view(form, question, title, with_errors) for question in form.asked}
    slots = iter(range(1, SLOTS + 1))
    top: list[QuestionView] = []
    for question in form.asked:
        view = views[question.key]
        openers = _openers(form, question, views)
        if len(openers) == 1 and isinstance(openers[0], OptionView) and not openers[0].is_scale:
            openers[0].follow_ups.append(view)
            continue
        top.append(view)
        if openers and (slot := next(slots, None)):
            view.classes = f"opened-by-{slot}"
            for opener in openers:
                opener.add_opening(f"opens-{slot}")
    return top


def errors_in(views: list[QuestionView]) -> list[QuestionView]:
    """Those with an error, in the order in which they are read."""
    found: list[QuestionView] = []
    for view in views:
        if view.error:
            found.append(view)
        for option in view.options:
            found += errors_in(option.follow_ups)
    return found


def _openers(
    form: ScreenForm, question: Question, views: dict[str, QuestionView]
) -> list[OptionView | QuestionView]:
    """The options and texts on this screen that open the question; none: it is open anyway."""
    if not form.rests_on_this_screen(question):
        return []
    return [
        opener
        for condition in question.conditions
        if condition.question in views
        for opener in _opening(condition, views[condition.question])
    ]


def _opening(condition: Condition, view: QuestionView) -> Iterator[OptionView | QuestionView]:
    """The parts of the question that the condition rests on which, filled in, make it hold."""
    if condition.test == ConditionTest.TEXT:
        yield view
    for option in view.options:
        value = int(option.key) if option.is_scale else option.key
        if condition.test != ConditionTest.TEXT and condition.holds(value):
            yield option


def _view(form: ScreenForm, question: Question, title: str, with_errors: bool) -> QuestionView:
    words = form.questionnaire.question_words(question, form.language)
    bound = form[question.key]
    value = bound.value()
    options = _options(form, question, value)
    return QuestionView(
        key=question.key,
        kind=question.kind,
        name=bound.html_name,
        field_id=options[0].field_id if options else bound.html_name,
        label=words.label,
        help_text=words.help_text,
        error=" ".join(str(error) for error in bound.errors) if with_errors else "",
        is_title=words.label == title,
        is_short=question.role == QuestionRole.DESTINATION_NAME,
        value="" if options or value is None else str(value),
        options=options,
    )


def _options(form: ScreenForm, question: Question, value: object) -> list[OptionView]:
    name = form.add_prefix(question.key)
    if question.kind == QuestionKind.SCALE:
        labels = [(key, key) for key in SCALE_KEYS]
        taken = [] if value is None else [str(value)]
    elif question.has_choices:
        labels = [
            (choice.key, form.questionnaire.choice_label(choice, form.language))
            for choice in form.shown[question.key]
        ]
        taken = taken_choices(value if isinstance(value, str | list) else None)
    else:
        return []
    return [
        OptionView(
            key=key,
            label=label,
            field_id=f"{name}-{key}",
            checked=key in taken,
            is_scale=question.kind == QuestionKind.SCALE,
        )
        for key, label in labels
    ]
