"""A screen of a questionnaire as a Django form, made from its definition and never by hand."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy, ngettext_lazy

from surveys.answers import TEXT_LIMIT, Content, clean_verbatim
from surveys.models import QuestionKind, QuestionRole
from surveys.paths import SETTLING, is_settled_apart
from surveys.questionnaire import (
    SCALE_KEYS,
    AnswerValue,
    Choice,
    Question,
    Questionnaire,
    taken_choices,
)

NOT_A_CHOICE = gettext_lazy("That is none of the answers. Please choose again.")
TOO_LONG = ngettext_lazy(
    "At most %(limit_value)d character fits here; this is %(show_value)d.",
    "At most %(limit_value)d characters fit here; this is %(show_value)d. "
    "Please shorten it a little.",
    "limit_value",
)


class VerbatimField(forms.CharField):
    """Text as typed; what no database stores is left out without a word."""

    def to_python(self, value: Any) -> str:
        return clean_verbatim(super().to_python(value) or "")


class ScreenForm(forms.Form):
    """The questions of one screen for one respondent, fields named by question key.

    ``screen`` is its number or SETTLING, where ``text_probe`` is asked and nothing else. ``seed``
    (the invitation's token) settles the order of choices; ``saved`` are the current answers of
    all screens and ``unsent`` what was filled in after them, both by question key. Bound, it is
    valid when every open question's answer is one; what stands in branches that were not taken
    is not looked at.
    """

    prefix = "q"

    def __init__(
        self,
        data: Any = None,
        *,
        questionnaire: Questionnaire,
        screen: int,
        language: str,
        seed: str,
        saved: Mapping[str, Content],
        unsent: Mapping[str, AnswerValue] | None = None,
        text_probe: str = "",
        preselected: str = "",
    ) -> None:
        super().__init__(data)
        self.questionnaire, self.screen, self.language = questionnaire, screen, language
        self.text_probe = text_probe
        self._saved = {key: content.value for key, content in saved.items()}
        self.asked = self._questions_asked()
        here = {question.key for question in self.asked}
        self._before = {key: value for key, value in self._saved.items() if key not in here}
        self.shown = {
            question.key: self._choices_shown(question, seed)
            for question in self.asked
            if question.has_choices
        }
        # What is shown as it was left, and has not been sent.
        self.unsent = {key: value for key, value in (unsent or {}).items() if key in here}
        for question in self.asked:
            self.fields[question.key] = _FIELDS[question.kind](self.shown.get(question.key, []))
            self.initial[question.key] = self.unsent.get(
                question.key, self._saved.get(question.key)
            )
        self._preselect(preselected)

    @property
    def displayed(self) -> dict[str, list[str]]:
        """Choice keys by question key, in the order shown."""
        return {key: [choice.key for choice in choices] for key, choices in self.shown.items()}

    def rests_on_this_screen(self, question: Question) -> bool:
        """Whether an answer on this same screen opens or closes the question."""
        return bool(question.conditions) and not self._opened_before(question)

    def answers(self) -> dict[str, AnswerValue]:
        """Of a valid form: values by question key, only of the questions that are open."""
        opened = self._opened()
        return {key: value for key, value in self.cleaned_data.items() if key in opened}

    def clean(self) -> dict[str, Any]:
        opened = self._opened()
        for question in self.asked:
            if question.key not in opened:
                self.errors.pop(question.key, None)
                self.cleaned_data[question.key] = None
            elif (
                question.required
                and question.key not in self.errors
                and self.cleaned_data.get(question.key) in (None, "", [])
            ):
                self.add_error(question.key, self._missing(question))
        return self.cleaned_data

    def _missing(self, question: Question) -> str:
        if question.kind == QuestionKind.TEXT:
            return gettext("Please write a few words.")
        return gettext("Please choose the answer that comes closest.")

    def _opened(self) -> set[str]:
        # On a screen of its own the probe is asked for the text's sake; here, under its choice.
        for_text = self.screen == SETTLING or self.text_probe not in self.fields
        return self.questionnaire.open_questions(
            self._before | self.cleaned_data, text_probe=self.text_probe if for_text else ""
        )

    def _opened_before(self, question: Question) -> bool:
        """By the answers of earlier screens."""
        return any(
            condition.holds(self._saved.get(condition.question))
            for condition in question.conditions
            if self.questionnaire.question(condition.question).screen < self.screen
        )

    def _questions_asked(self) -> list[Question]:
        """Everything but what earlier screens have closed: those answers are in already."""
        if self.screen == SETTLING:
            apart = is_settled_apart(self.questionnaire, self._saved, self.text_probe)
            return [self.questionnaire.question(self.text_probe)] if apart else []
        asked: dict[str, Question] = {}
        for question in self.questionnaire.on_screen(self.screen):
            if (
                not question.conditions
                or self._opened_before(question)
                or any(condition.question in asked for condition in question.conditions)
            ):
                asked[question.key] = question
        return list(asked.values())

    def _choices_shown(self, question: Question, seed: str) -> list[Choice]:
        """Of "what else contributed", all but the reason that was given already."""
        choices = question.displayed_choices(seed)
        reason = self.questionnaire.reason_question
        if question.role != QuestionRole.CONTRIBUTING or reason is None:
            return choices
        given = taken_choices(self._before.get(reason.key))
        return [choice for choice in choices if choice.key not in given]

    def _preselect(self, choice: str) -> None:
        """The reason whose link in the mail was followed, unless there is an answer already.

        A choice that is none, or no longer one, is passed over.
        """
        reason = self.questionnaire.reason_question
        if reason is None or choice not in reason.choice_keys:
            return
        if not self.initial.get(reason.key) and reason.key not in self.unsent:
            self.initial[reason.key] = [choice]


def _single(choices: list[Choice]) -> forms.Field:
    return forms.ChoiceField(
        choices=[(choice.key, choice.key) for choice in choices],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )


def _multiple(choices: list[Choice]) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=[(choice.key, choice.key) for choice in choices],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": NOT_A_CHOICE, "invalid_list": NOT_A_CHOICE},
    )


def _scale(choices: list[Choice]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[(key, key) for key in SCALE_KEYS],
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )


def _text(choices: list[Choice]) -> forms.Field:
    return VerbatimField(
        max_length=TEXT_LIMIT,
        required=False,
        widget=forms.Textarea,
        error_messages={"max_length": TOO_LONG},
    )


_FIELDS: dict[str, Callable[[list[Choice]], forms.Field]] = {
    QuestionKind.SINGLE: _single,
    QuestionKind.MULTIPLE: _multiple,
    QuestionKind.SCALE: _scale,
    QuestionKind.TEXT: _text,
}
