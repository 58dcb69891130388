"""The page on which an analyst says why a customer left, with all that was said in sight."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reasons.corrections import CorrectionRefusedError, Judgement, record_judgement
from reasons.evidence import Piece, mark_evidence
from reasons.hearing import span_of
from reasons.labels import grouped_choices, reason_labels
from reasons.models import (
    Avoidable,
    Classification,
    Perspective,
    Reading,
    Reason,
    Role,
)
from surveys.admin.access import may_read_verbatims
from surveys.models import Answer, Cancellation
from surveys.questionnaire import Questionnaire

MAY_CORRECT = "reasons.correct_classification"


class CorrectionForm(forms.Form):
    stated = forms.ModelChoiceField(
        label=_("Main reason, as the customer stated it"),
        queryset=Reason.objects.none(),
        required=False,
    )
    internal = forms.ModelChoiceField(
        label=_("Main reason, as the team concludes it"),
        queryset=Reason.objects.none(),
        required=False,
        help_text=_("Kept beside what the customer stated, never instead of it."),
    )
    avoidable = forms.ChoiceField(
        label=_("Could it have been avoided?"),
        required=False,
        choices=[("", _("as the reason says")), *Avoidable.choices],
    )
    contributing = forms.ModelMultipleChoiceField(
        label=_("What else contributed"),
        queryset=Reason.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, labels: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = {
            getattr(each, "pk", each)
            for value in self.initial.values()
            for each in (value if isinstance(value, list) else [value])
            if each
        }
        keys = [each for each in named if isinstance(each, int)]
        # A retired reason can stay where it stands; it cannot be chosen anew.
        reasons = Reason.objects.filter(Q(is_retired=False) | Q(pk__in=keys))
        choices = grouped_choices(reasons, labels)
        for name in ("stated", "contributing", "internal"):
            field: Any = self.fields[name]
            field.queryset = reasons
            field.choices = choices if name == "contributing" else [("", "—"), *choices]

    def judgement(self) -> Judgement:
        return Judgement(
            stated=self.cleaned_data["stated"],
            contributing=tuple(self.cleaned_data["contributing"]),
            internal=self.cleaned_data["internal"],
            avoidable=self.cleaned_data["avoidable"],
        )


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in the words of the survey; ``pieces`` of what was typed, evidence marked."""

    question: str
    choices: list[str]
    pieces: list[Piece]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A classification with its reason's name in the reader's language."""

    row: Classification
    label: str


def correct_view(model_admin: ModelAdmin) -> Callable[[HttpRequest, int], HttpResponse]:
    """The view, for ``admin_view`` to wrap. GET shows, POST appends an analyst's judgement."""

    def view(request: HttpRequest, cancellation_id: int) -> HttpResponse:
        if not request.user.has_perm(MAY_CORRECT):
            raise PermissionDenied
        cancellation = get_object_or_404(
            Cancellation.objects.select_related("customer", "subscription"), pk=cancellation_id
        )
        rows = list(
            cancellation.classifications.select_related("reason", "created_by").defer(
                "classifier_version__arrays"
            )
        )
        labels = reason_labels()
        form = CorrectionForm(
            request.POST if request.method == "POST" else None,
            initial=_initial(rows),
            labels=labels,
        )
        if request.method == "POST" and form.is_valid():
            try:
                changed = record_judgement(
                    cancellation=cancellation,
                    judgement=form.judgement(),
                    by=request.user,
                )
            except CorrectionRefusedError as error:
                form.add_error(None, str(error))
            else:
                _report(model_admin, request, cancellation, changed)
                return HttpResponseRedirect(request.path)
        given = [Given(row, labels[row.reason_id]) for row in rows]
        context = {
            **model_admin.admin_site.each_context(request),
            "title": gettext("Correct the reason"),
            "subtitle": str(cancellation.customer),
            "opts": model_admin.opts,
            "cancellation": cancellation,
            "form": form,
            "said": _what_was_said(cancellation, rows) if may_read_verbatims(request) else None,
            "current": sorted(
                (each for each in given if each.row.is_current), key=_stated_and_primary_first
            ),
            "history": given,
            "wants_review": Reading.objects.filter(
                cancellation=cancellation, wants_review=True
            ).exists(),
        }
        return TemplateResponse(request, "admin/reasons/correct.html", context)

    return view


def _stated_and_primary_first(given: Given) -> tuple[bool, bool]:
    return given.row.perspective != Perspective.STATED, given.row.role != Role.PRIMARY


def _report(
    model_admin: ModelAdmin, request: HttpRequest, cancellation: Cancellation, changed: bool
) -> None:
    if changed:
        model_admin.log_change(request, cancellation, gettext("Corrected the reason."))
        messages.success(request, gettext("The correction is saved."))
    else:
        messages.info(request, gettext("Nothing was changed: the reasons stood like that."))


def _initial(rows: Iterable[Classification]) -> dict[str, Any]:
    initial: dict[str, Any] = {"contributing": [], "avoidable": ""}
    for row in rows:
        if not row.is_current:
            continue
        if row.perspective == Perspective.INTERNAL:
            if row.role == Role.PRIMARY:
                initial["internal"] = row.reason_id
                initial["avoidable"] = initial["avoidable"] or row.avoidable
        elif row.role == Role.PRIMARY:
            initial["stated"] = row.reason_id
            initial["avoidable"] = row.avoidable or initial["avoidable"]
        else:
            initial["contributing"].append(row.reason_id)
    return initial


def _what_was_said(cancellation: Cancellation, rows: Iterable[Classification]) -> list[Said]:
    """The answers in the wording this customer saw, then the comment that came in: one query."""
    spans: dict[int | None, list[tuple[int, int]]] = {}
    for row in rows:
        span = span_of(row)
        if row.is_current and span is not None:
            spans.setdefault(row.answer_id, []).append(span)
    answers = (
        Answer.objects.current()
        .filter(response__cancellation=cancellation, response__submitted_at__isnull=False)
        .select_related("question", "response__survey_version")
        .order_by("-response__submitted_at", "question__screen", "question__position")
    )
    said = [_in_words(answer, spans.get(answer.pk, ())) for answer in answers]
    if cancellation.provider_comment:
        said.append(
            Said(
                question=gettext("Comment as it came in"),
                choices=[],
                pieces=mark_evidence(cancellation.provider_comment, spans.get(None, ())),
            )
        )
    return said


def _in_words(answer: Answer, spans: Iterable[tuple[int, int]]) -> Said:
    language = answer.response.language
    questionnaire = Questionnaire.from_definition(answer.response.survey_version.definition)
    question = questionnaire.question(answer.question.key)
    labels = {
        choice.key: questionnaire.choice_label(choice, language) for choice in question.choices
    }
    choices = [labels.get(key, key) for key in answer.choices]
    if answer.scale is not None:
        choices.append(str(answer.scale))
    return Said(
        question=questionnaire.question_words(question, language).label,
        choices=choices,
        pieces=mark_evidence(answer.text, spans),
        language=language,
    )
