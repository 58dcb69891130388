"""One question while it is being edited: what the forms show, what was sent, what to store."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext

from surveys import registries
from surveys.admin.editor.question_forms import (
    ChoiceForm,
    ConditionForm,
    QuestionForm,
    condition_row,
    conditions_offered,
)
from surveys.admin.editor.rows import FormRows, Row, rows_sent
from surveys.earlier import Earlier
from surveys.editing import say_choice, say_question
from surveys.models import QuestionKind, QuestionRole
from surveys.models.questionnaires import LAST_SCREEN
from surveys.questionnaire import Choice, Question, Questionnaire, QuestionWords

LISTS = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)


@dataclass
class QuestionEditing:
    """The forms of a question, filled from the draft or from what a browser sent.

    ``question`` is None for a new one. ``check`` first, then ``result``.
    """

    questionnaire: Questionnaire
    question: Question | None
    earlier: Earlier
    survey_key: str
    user: Any
    data: Mapping[str, str] | None = None
    screen: int = 1

    def __post_init__(self) -> None:
        self.language = self.questionnaire.default_language
        initial = self._initial() if self.data is None else dict(self.data)
        role = initial.get("role", "")
        self.choice_fields = [
            field
            for field in registries.choice_fields
            if field.applies_to(role) and field.may_change(self.user)
        ]
        fields = {field.name: field.form_field() for field in self.choice_fields}
        # Said once above the rows.
        self.help_of_fields = [(field.label, field.help_text) for field in fields.values()]
        for field in fields.values():
            field.help_text = ""
        sent = initial.get("screen", "")
        self.asked_screen = int(sent) if sent.isdecimal() else self.screen
        screens = max([*self.questionnaire.screens, min(self.asked_screen, LAST_SCREEN)])
        self._options: dict[str, Any] = {
            "screens": min(screens + 1, LAST_SCREEN),
            "kinds": self._kinds(),
        }
        self.form = QuestionForm(initial=initial, **self._options)
        self.choices: FormRows[ChoiceForm] = FormRows(
            "choices",
            self._choice_rows() if self.data is None else rows_sent(self.data, "choices"),
            ChoiceForm,
            extra=fields,
        )
        self.conditions: FormRows[ConditionForm] = FormRows(
            "conditions",
            self._condition_rows() if self.data is None else rows_sent(self.data, "conditions"),
            ConditionForm,
            offered=conditions_offered(self.questionnaire, self.question),
        )
        self.has_choices = initial.get("kind") in LISTS

    @property
    def base(self) -> str:
        """Tells whether the question is still what the page was made from."""
        return digest_of(self.question)

    @property
    def is_stale(self) -> bool:
        """Somebody else has changed it since the page was made."""
        return self.data is not None and self.data.get("base", "") != self.base

    @property
    def to_bring_back(self) -> list[tuple[str, str]]:
        """Keys and wordings of earlier choices that can be offered again as what they were."""
        if self.question is None:
            return []
        here = {row.get("key") for row in self.choices.rows}
        offered = {**self._earlier_choices(), **{c.key: c for c in self.question.choices}}
        return [
            (key, self._label(choice) or key) for key, choice in offered.items() if key not in here
        ]

    def operate(self, operation: str) -> None:
        """``choices-add``, ``choices-up-3``, ``conditions-remove-0``, ``back-<key>``, ..."""
        target, _sep, rest = operation.partition("-")
        if target == "back":
            self._bring_back(rest)
            return
        rows: FormRows[Any] | None = self.choices if target == "choices" else None
        if target == "conditions":
            rows = self.conditions
        name, _sep, number = rest.partition("-")
        if rows is not None:
            rows.operate(name, int(number) if number.isdecimal() else None)

    def check(self) -> bool:
        """Bind the forms to what was sent; whether it can be stored."""
        self.form = QuestionForm(self.data, initial=dict(self.data or {}), **self._options)
        valid = [self.form.is_valid(), self.choices.check(), self.conditions.check()]
        if all(valid):
            self._check_whole()
        return self.form.is_valid() and all(form.is_valid() for form in self._row_forms())

    def result(self) -> Question:
        """Of valid forms: the question with its words in the default language changed."""
        said = self.form.cleaned_data
        key = self.question.key if self.question else self._new_key(said["label"])
        base = self.question or Question(key=key, kind="", role="")
        question = replace(
            say_question(
                base, self.language, QuestionWords(label=said["label"], help_text=said["help_text"])
            ),
            kind=said["kind"],
            role=said["role"],
            screen=said["screen"],
            required=said["required"],
            shuffle=said["shuffle"] and said["kind"] in LISTS,
            conditions=tuple(dict.fromkeys(form.condition() for form in self.conditions.forms)),
        )
        return replace(question, choices=self._choices_of(question))

    def extra_values(self, question: Question) -> dict[str, dict[str, str]]:
        """By field, what was chosen for each choice of the ``result``; a choice that is new on
        the page and says nothing is left out, so that one brought back keeps what it had."""
        found: dict[str, dict[str, str]] = {field.name: {} for field in self.choice_fields}
        for form, choice in zip(self._filled_choices(), question.choices, strict=False):
            for name, values in found.items():
                value = form.cleaned_data.get(name, "")
                if value or form.cleaned_data["key"]:
                    values[choice.key] = value
        return found

    def _new_key(self, label: str) -> str:
        taken = [question.key for question in self.questionnaire.questions]
        return self.earlier.question_key(label, taken=taken)

    def _choices_of(self, question: Question) -> tuple[Choice, ...]:
        if question.kind not in LISTS:
            return ()
        known = dict(self.earlier.choices.get(question.key, {}))
        known |= {choice.key: choice for choice in self.question.choices} if self.question else {}
        forms_filled = self._filled_choices()
        taken = {form.cleaned_data["key"] for form in forms_filled} & set(known)
        choices = []
        for form in forms_filled:
            key, label = form.cleaned_data["key"], form.cleaned_data["label"]
            if key not in known:
                key = self.earlier.choice_key(question.key, label, taken=taken)
                taken.add(key)
            choice = known.get(key, Choice(key))
            choice = say_choice(choice, self.language, label)
            choices.append(replace(choice, pinned=form.cleaned_data["pinned"]))
        # Pinned ones stand last wherever they were put.
        return tuple(sorted(choices, key=lambda choice: choice.pinned))

    def _filled_choices(self) -> list[ChoiceForm]:
        """In the order of the stored choices."""
        filled = [form for form in self.choices.forms if not form.is_empty]
        return sorted(filled, key=lambda form: form.cleaned_data["pinned"])

    def _check_whole(self) -> None:
        keys = [form.cleaned_data["key"] for form in self._filled_choices()]
        for form in self.choices.forms:
            key = form.cleaned_data["key"]
            if key and keys.count(key) > 1:
                form.add_error("label", gettext("This choice is there twice."))
        role = self.form.cleaned_data["role"]
        if role == QuestionRole.REASON and self.conditions.forms:
            self.form.add_error(
                "role", gettext("The main reason is asked of everybody: remove the conditions.")
            )
        others = [each for each in self.questionnaire.questions if each != self.question]
        if role == QuestionRole.REASON and any(each.role == role for each in others):
            self.form.add_error("role", gettext("Another question asks for the main reason."))

    def _row_forms(self) -> list[forms.Form]:
        return [*self.choices.forms, *self.conditions.forms]

    def _bring_back(self, key: str) -> None:
        wording = dict(self.to_bring_back).get(key)
        if self.question is None or wording is None:
            return
        row = {"key": key, "label": wording}
        for field in self.choice_fields:
            row[field.name] = field.values(self.survey_key, self.question.key).get(key, "")
        self.choices.rows.append(row)
        self.choices.show()

    def _earlier_choices(self) -> dict[str, Choice]:
        return dict(self.earlier.choices.get(self.question.key, {})) if self.question else {}

    def _kinds(self) -> tuple[str, ...]:
        """A question that was asked before may become neither text nor number."""
        before = self.earlier.questions.get(self.question.key) if self.question else None
        if before is None:
            return tuple(QuestionKind.values)
        return LISTS if before.kind in LISTS else (before.kind,)

    def _initial(self) -> Row:
        question = self.question
        if question is None:
            return {"kind": "single", "role": "comment", "screen": str(self.screen)}
        words = question.words.get(self.language, QuestionWords())
        row = {
            "label": words.label,
            "help_text": words.help_text,
            "kind": question.kind,
            "role": question.role,
            "screen": str(question.screen),
        }
        for name in ("required", "shuffle"):
            if getattr(question, name):
                row[name] = "on"
        return row

    def _choice_rows(self) -> list[Row]:
        question = self.question
        if question is None:
            return [{}, {}, {}]
        said = {
            field.name: field.values(self.survey_key, question.key) for field in self.choice_fields
        }
        return [
            {
                "key": choice.key,
                "label": self._label(choice),
                **({"pinned": "on"} if choice.pinned else {}),
                **{name: values.get(choice.key, "") for name, values in said.items()},
            }
            for choice in question.choices
        ]

    def _condition_rows(self) -> list[Row]:
        return [condition_row(each) for each in self.question.conditions] if self.question else []

    def _label(self, choice: Choice) -> str:
        return choice.labels.get(self.language, "")


def digest_of(value: Question | Mapping[str, Any] | None) -> str:
    """Short, and the same for the same content."""
    said = json.dumps(value, default=vars, sort_keys=True) if value else ""
    return hashlib.sha256(said.encode()).hexdigest()[:16]
