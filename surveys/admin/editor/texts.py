"""What the pages say outside the questions, and what the mails say; one form each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from surveys.admin.editor.page import render_editor
from surveys.admin.editor.question_editing import digest_of
from surveys.admin.editor.question_forms import PlainField
from surveys.admin.editor.visit import Visit
from surveys.drafts import edit_draft
from surveys.editing import set_words
from surveys.placeholders import PLACEHOLDER_MEANINGS, unknown_placeholders
from surveys.questionnaire import Questionnaire, VersionWords
from surveys.wordings import LIMITS, LONG_TEXTS, PAGE_TEXTS

REQUIRED = ("title", "thanks_title")


class TextsForm(forms.Form):
    """Fields by the names of ``VersionWords``; what placeholders are not known is an error."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        names: Mapping[str, Any],
        required: tuple[str, ...] = (),
        language: str = "",
        direction: str = "ltr",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, label in names.items():
            attrs = {"data-placeholders": "", "lang": language, "dir": direction}
            self.fields[name] = placeholder_field(
                label, is_long=name in LONG_TEXTS, required=name in required, attrs=attrs
            )

    def words(self, before: VersionWords) -> VersionWords:
        """Of a valid form: ``before`` with the texts of its fields."""
        return replace(before, **self.cleaned_data)


class PlaceholderField(PlainField):
    def validate(self, value: Any) -> None:
        super().validate(value)
        refuse_unknown_placeholders(value)


def placeholder_field(
    label: Any,
    *,
    is_long: bool,
    limit: int | None = None,
    required: bool = False,
    attrs: Mapping[str, Any],
) -> PlaceholderField:
    """A line, or an area for a long text; what stands in braces is checked."""
    attrs = {**attrs, "class": "wide"}
    return PlaceholderField(
        label=label,
        required=required,
        max_length=limit or LIMITS["long" if is_long else "text"],
        widget=forms.Textarea(attrs={**attrs, "rows": 5}) if is_long else forms.TextInput(attrs),
    )


def refuse_unknown_placeholders(text: str) -> None:
    """ValidationError naming them."""
    unknown = unknown_placeholders(text or "")
    if unknown:
        raise forms.ValidationError(
            _("Nothing is known by the name %(names)s. It would be shown as it is.")
            % {"names": ", ".join(f"{{{name}}}" for name in unknown)}
        )


def placeholders_explained() -> list[tuple[str, Any]]:
    return [(f"{{{name}}}", meaning) for name, meaning in PLACEHOLDER_MEANINGS.items()]


def edit_texts(visit: Visit) -> HttpResponse:
    """The texts of the pages in the default language, opened at their place on the page."""
    language = visit.questionnaire.default_language
    before = visit.questionnaire.words.get(language, VersionWords())
    options: dict[str, Any] = {"names": PAGE_TEXTS, "required": REQUIRED, "language": language}
    if visit.request.method != "POST":
        return _show(visit, TextsForm(initial=vars(before), **options), before)
    form = TextsForm(visit.request.POST, **options)
    if not form.is_valid():
        return _show(visit, form, before, status=422)
    if visit.request.POST.get("base") != digest_of(vars(before)):
        return _show(visit, form, before, status=409, is_stale=True)

    def edited(questionnaire: Questionnaire) -> Questionnaire:
        words = questionnaire.words.get(language, VersionWords())
        return set_words(questionnaire, language, form.words(words))

    edit_draft(visit.version, edited)
    visit.log(_("Texts of the pages edited."))
    return visit.done(_("Saved."), f"{visit.url('change')}#texts")


def _show(
    visit: Visit, form: TextsForm, before: VersionWords, *, status: int = 200, **more: Any
) -> HttpResponse:
    return render_editor(
        visit,
        status=status,
        texts_form=form,
        texts_base=digest_of(vars(before)),
        placeholders=placeholders_explained(),
        anchor="texts",
        **more,
    )
