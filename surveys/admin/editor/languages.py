"""Translations side by side: the default language left, the other right, what is missing marked."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from surveys.admin.editor.page import (
    LanguageLine,
    language_lines,
    language_name,
    languages_offered,
)
from surveys.admin.editor.question_editing import digest_of
from surveys.admin.editor.texts import placeholder_field, placeholders_explained
from surveys.admin.editor.visit import Visit
from surveys.drafts import edit_draft
from surveys.editing import add_language, remove_language
from surveys.questionnaire import Questionnaire
from surveys.wordings import Wording, WordingGroup, language_state, say, wordings_of


class TranslationForm(forms.Form):
    """A field for every string, by the wording's name."""

    use_required_attribute = False

    def __init__(self, data: Any = None, *, wordings: list[Wording], line: LanguageLine) -> None:
        super().__init__(data, initial={each.name: each.said for each in wordings})
        attrs = {"lang": line.tag, "dir": line.direction, "data-placeholders": ""}
        for wording in wordings:
            self.fields[wording.name] = placeholder_field(
                wording.label, is_long=wording.is_long, limit=wording.limit, attrs=attrs
            )


def translate(visit: Visit, language: str) -> HttpResponse:
    """``?missing=1`` leaves out what is translated already."""
    line = _line(visit, language)
    if line.is_default:
        raise Http404
    only_missing = visit.request.GET.get("missing") == "1"
    groups = _groups(visit.questionnaire, language, only_missing=only_missing)
    wordings = [wording for group in groups for wording in group.wordings]
    base = digest_of({each.name: each.said for each in wordings})
    if visit.request.method != "POST":
        form = TranslationForm(wordings=wordings, line=line)
        return _show(visit, line, groups, form, base, only_missing)
    # What was on the page is what was sent: by now less may be missing than when it was made.
    sent = [name for name in visit.request.POST if name.partition(".")[0] in _NAMES]
    shown = _sent_groups(visit.questionnaire, language, sent)
    wordings = [wording for group in shown for wording in group.wordings]
    form = TranslationForm(visit.request.POST, wordings=wordings, line=line)
    if not form.is_valid():
        return _show(visit, line, shown, form, base, only_missing, status=422)
    if visit.request.POST.get("base") != digest_of({each.name: each.said for each in wordings}):
        base = digest_of({each.name: each.said for each in wordings})
        return _show(visit, line, shown, form, base, only_missing, status=409, is_stale=True)
    said: dict[str, str] = form.cleaned_data
    after = edit_draft(visit.version, lambda before: say(before, language, said))
    visit.log(_("Translation into %(language)s edited.") % {"language": line.name})
    state = language_state(after, language)
    if state.missing:
        sentence = _("Saved. %(count)d of %(total)d are missing in %(language)s.")
    else:
        sentence = _("Saved. %(language)s is complete.")
    values = {"count": state.missing, "total": state.total, "language": line.name}
    address = visit.url("translation", language) + ("?missing=1" if only_missing else "")
    return visit.done(sentence % values, address)


def add(visit: Visit) -> HttpResponse:
    """A language more, with nothing said in it yet. POST only."""
    language = visit.request.POST.get("language", "")
    if language not in dict(languages_offered(visit.questionnaire)):
        raise Http404
    edit_draft(visit.version, lambda before: add_language(before, language))
    visit.log(_("Language %(language)s added.") % {"language": language_name(language)})
    said = _("%(language)s was added. It is published once everything is translated.")
    return visit.done(
        said % {"language": language_name(language)}, visit.url("translation", language)
    )


def remove(visit: Visit, language: str) -> HttpResponse:
    """GET asks whether to; POST removes every word of the language from the draft."""
    line = _line(visit, language)
    if line.is_default:
        raise Http404
    if visit.request.method != "POST":
        return visit.render("remove_language.html", line=line)
    edit_draft(visit.version, lambda before: remove_language(before, language))
    visit.log(_("Language %(language)s removed.") % {"language": line.name})
    return visit.done(_("%(language)s was removed.") % {"language": line.name}, visit.url("change"))


_NAMES = ("text", "question", "choice")


def _line(visit: Visit, language: str) -> LanguageLine:
    for line in language_lines(visit):
        if line.code == language:
            return line
    raise Http404


def _groups(
    questionnaire: Questionnaire, language: str, *, only_missing: bool
) -> list[WordingGroup]:
    """What there is to translate: what the default language says, or what is there already."""
    return _filtered(
        wordings_of(questionnaire, language),
        lambda each: each.is_missing if only_missing else bool(each.default or each.said),
    )


def _sent_groups(
    questionnaire: Questionnaire, language: str, sent: list[str]
) -> list[WordingGroup]:
    return _filtered(wordings_of(questionnaire, language), lambda each: each.name in sent)


def _filtered(groups: list[WordingGroup], keep: Any) -> list[WordingGroup]:
    found = [
        WordingGroup(group.place, group.title, tuple(filter(keep, group.wordings)))
        for group in groups
    ]
    return [group for group in found if group.wordings]


def _show(
    visit: Visit,
    line: LanguageLine,
    groups: list[WordingGroup],
    form: TranslationForm,
    base: str,
    only_missing: bool,
    *,
    status: int = 200,
    is_stale: bool = False,
) -> HttpResponse:
    default = next(each for each in language_lines(visit) if each.is_default)
    return visit.render(
        "translation.html",
        status=status,
        line=line,
        default=default,
        groups=[
            (group, [(wording, form[wording.name]) for wording in group.wordings])
            for group in groups
        ],
        form=form,
        base=base,
        only_missing=only_missing,
        is_stale=is_stale,
        has_errors=status == 422,
        placeholders=placeholders_explained(),
        subtitle=line.name,
    )
