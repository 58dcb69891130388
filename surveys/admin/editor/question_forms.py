"""The forms with which one question is edited: itself, its choices, its conditions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.answers import clean_verbatim
from surveys.conditions_in_words import condition_in_words
from surveys.models import ConditionTest, QuestionKind, QuestionRole
from surveys.questionnaire import Condition, Question, Questionnaire
from surveys.wordings import LIMITS, wording_of

KIND_CHOICES = (
    (QuestionKind.SINGLE, _("One choice of a list")),
    (QuestionKind.MULTIPLE, _("Any number of choices of a list")),
    (QuestionKind.TEXT, _("Text in their own words")),
    (QuestionKind.SCALE, _("A number from 0 to 10")),
)
# Longer than the labels elsewhere: here somebody decides.
ROLE_CHOICES = (
    (QuestionRole.REASON, _("Main reason: why they leave")),
    (QuestionRole.PROBE, _("Follow-up: settles what an ambiguous choice means")),
    (QuestionRole.REASON_TEXT, _("Main reason in their own words, under “something else”")),
    (QuestionRole.CONTRIBUTING, _("What else contributed")),
    (QuestionRole.STUCK, _("Where they got stuck")),
    (QuestionRole.DESTINATION, _("What they use instead")),
    (QuestionRole.DESTINATION_NAME, _("The name of what they use instead")),
    (QuestionRole.OPEN_DOOR, _("May we write when this has changed?")),
    (QuestionRole.DID_WELL, _("What we did well")),
    (QuestionRole.COMMENT, _("Anything else")),
)


class PlainField(forms.CharField):
    """Text as typed, without what no database stores."""

    def to_python(self, value: Any) -> str:
        return clean_verbatim(super().to_python(value) or "")


class QuestionForm(forms.Form):
    use_required_attribute = False

    label = PlainField(
        label=_("Question"),
        max_length=LIMITS["question"],
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": _("Write what is asked.")},
    )
    help_text = PlainField(
        label=_("Hint"),
        max_length=LIMITS["question"],
        required=False,
        widget=forms.TextInput(attrs={"class": "wide"}),
        help_text=_("Stands under the question in small letters."),
    )
    kind = forms.ChoiceField(label=_("Answered by"), choices=KIND_CHOICES)
    role = forms.ChoiceField(
        label=_("What the answer is good for"),
        choices=ROLE_CHOICES,
        help_text=_("Reasons are read by this, whatever the wording says."),
    )
    screen = forms.TypedChoiceField(label=_("Screen"), coerce=int)
    required = forms.BooleanField(label=_("Must be answered"), required=False)
    shuffle = forms.BooleanField(
        label=_("Shuffle the choices"),
        required=False,
        help_text=_("Each customer sees another order, so that none gains by standing first."),
    )

    def __init__(self, *args: Any, screens: int, kinds: tuple[str, ...], **kwargs: Any) -> None:
        """``screens``: how many can be chosen; ``kinds``: what the question may become."""
        super().__init__(*args, **kwargs)
        self.fields["screen"].choices = [  # type: ignore[attr-defined]
            (number, gettext("Screen %(number)d") % {"number": number})
            for number in range(1, screens + 1)
        ]
        if len(kinds) < len(KIND_CHOICES):
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                each for each in KIND_CHOICES if each[0] in kinds
            ]
            self.fields["kind"].help_text = gettext(
                "It has been asked before, so its kind stays: add a new question for another."
            )


class ChoiceForm(forms.Form):
    """``key`` is empty for a new choice. ``extra`` are fields of upper rooms."""

    use_required_attribute = False

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    label = PlainField(
        label=_("Choice"),
        max_length=LIMITS["choice"],
        required=False,
        widget=forms.TextInput(attrs={"class": "wide"}),
    )
    pinned = forms.BooleanField(label=_("Stays last"), required=False)

    def __init__(self, *args: Any, extra: Mapping[str, forms.Field], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The same field for all rows: it holds no state, and its choices are read once.
        self.fields.update(extra)
        self.extra_names = list(extra)

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.extra_names]

    @property
    def is_empty(self) -> bool:
        """A row that was added and never filled in."""
        return not self.cleaned_data.get("key") and not self.cleaned_data.get("label")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("key") and not cleaned.get("label") and "label" not in self.errors:
            self.add_error("label", gettext("Write the choice, or remove it."))
        return cleaned


class ConditionForm(forms.Form):
    """What opens the question: one line, chosen from a list; numbers for a scale alone."""

    use_required_attribute = False

    when = forms.ChoiceField(
        label=_("Show only if"), error_messages={"required": _("Choose one, or remove the line.")}
    )
    at_least = forms.IntegerField(
        label=_("from"), required=False, min_value=0, max_value=10,
        widget=forms.NumberInput(attrs={"class": "small"}),
    )  # fmt: skip
    at_most = forms.IntegerField(
        label=_("to"), required=False, min_value=0, max_value=10,
        widget=forms.NumberInput(attrs={"class": "small"}),
    )  # fmt: skip

    def __init__(self, *args: Any, offered: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        low, high = cleaned.get("at_least"), cleaned.get("at_most")
        if not str(cleaned.get("when", "")).startswith("scale:"):
            return cleaned
        for name in ("at_least", "at_most"):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, gettext("A number from 0 to 10, please."))
        if low is not None and high is not None and low > high:
            self.add_error("at_most", gettext("The second number must not be the smaller one."))
        return cleaned

    def condition(self) -> Condition:
        """Of a valid form."""
        return condition_from(
            self.cleaned_data["when"], self.cleaned_data["at_least"], self.cleaned_data["at_most"]
        )


def condition_from(when: str, at_least: int | None, at_most: int | None) -> Condition:
    test, question, choice = [*when.split(":"), "", ""][:3]
    if test == ConditionTest.SCALE:
        return Condition(question, test=test, at_least=at_least, at_most=at_most)
    if test == ConditionTest.TEXT:
        return Condition(question, test=test)
    return Condition(question, choice)


def condition_row(condition: Condition) -> dict[str, str]:
    """As a browser would send it."""
    if condition.test == ConditionTest.CHOICE:
        return {"when": f"choice:{condition.question}:{condition.choice}"}
    row = {"when": f"{condition.test}:{condition.question}"}
    if condition.test == ConditionTest.SCALE:
        row |= {"at_least": str(condition.at_least), "at_most": str(condition.at_most)}
    return row


def conditions_offered(questionnaire: Questionnaire, question: Question | None) -> list[Any]:
    """Groups of a select: what can be asked of each question before ``question`` (of all of them
    for a new one), and of those that its conditions name already."""
    keys = [each.key for each in questionnaire.questions]
    before = keys[: keys.index(question.key)] if question else keys
    named = {condition.question for condition in question.conditions} if question else set()
    groups: list[Any] = [("", gettext("– choose –"))]
    for source in questionnaire.questions:
        if source.key not in before and source.key not in named:
            continue
        title = wording_of(questionnaire, source)
        if source.key not in before:
            title = gettext("%(question)s (asked later)") % {"question": title}
        groups.append((title, _tests_of(questionnaire, source)))
    return groups


def _tests_of(questionnaire: Questionnaire, source: Question) -> list[tuple[str, str]]:
    # The whole sentence, because a closed list does not show the group's name.
    if source.kind == QuestionKind.TEXT:
        tests = [Condition(source.key, test=str(ConditionTest.TEXT))]
    elif source.kind == QuestionKind.SCALE:
        sentence = gettext("“%(question)s” is between …") % {
            "question": wording_of(questionnaire, source)
        }
        return [(f"scale:{source.key}", sentence)]
    else:
        tests = [Condition(source.key, choice.key) for choice in source.choices]
    return [
        (condition_row(test)["when"], condition_in_words(questionnaire, test)) for test in tests
    ]
