"""Editing, adding, moving and deleting the questions of a draft."""

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.admin.editor.page import render_editor
from surveys.admin.editor.question_editing import QuestionEditing, digest_of
from surveys.admin.editor.visit import Visit
from surveys.drafts import edit_draft
from surveys.earlier import earlier_of
from surveys.editing import Edited, add_question, move_question, remove_question, replace_question
from surveys.models.questionnaires import LAST_SCREEN
from surveys.questionnaire import Question, Questionnaire
from surveys.wordings import wording_of


class ChangedMeanwhileError(Exception):
    """Somebody else changed or removed the question between showing it and storing it."""


def edit_question(visit: Visit, key: str) -> HttpResponse:
    """The question's form at its place on the page; a POST stores it or does a step of it."""
    question = _question(visit, key)
    editing = _editing(visit, question)
    return _answer(visit, editing, anchor=key)


def new_question(visit: Visit) -> HttpResponse:
    """The same for a question that is not there yet; ``?screen=`` says where it is to stand."""
    asked = visit.request.GET.get("screen", "1")
    screen = int(asked) if asked.isdecimal() else 1
    editing = _editing(visit, None, screen=min(max(screen, 1), LAST_SCREEN))
    return _answer(visit, editing, anchor="new-question")


def move(visit: Visit, key: str) -> HttpResponse:
    """``to``: ``up`` or ``down``. POST only."""
    _question(visit, key)
    step = {"up": -1, "down": 1}.get(visit.request.POST.get("to", ""), 0)

    def moved(questionnaire: Questionnaire) -> Questionnaire:
        there = [question.key for question in questionnaire.questions]
        return move_question(questionnaire, key, step) if step and key in there else questionnaire

    edit_draft(visit.version, moved)
    visit.log(_("Question %(key)s moved.") % {"key": key})
    return HttpResponseRedirect(f"{visit.url('change')}#question-{key}")


def delete_question(visit: Visit, key: str) -> HttpResponse:
    """GET says what goes along; POST deletes."""
    question = _question(visit, key)
    orphans = remove_question(visit.questionnaire, key).orphans
    if visit.request.method != "POST":
        return visit.render(
            "delete_question.html",
            question=question,
            wording=wording_of(visit.questionnaire, question),
            orphans=[wording_of(visit.questionnaire, orphan) for orphan in orphans],
        )

    def removed(questionnaire: Questionnaire) -> Questionnaire:
        there = [each.key for each in questionnaire.questions]
        return remove_question(questionnaire, key).questionnaire if key in there else questionnaire

    edit_draft(visit.version, removed)
    visit.log(_("Question %(key)s removed.") % {"key": key})
    said = _("“%(wording)s” was removed.") % {"wording": wording_of(visit.questionnaire, question)}
    return visit.done(said, visit.url("change"))


def _question(visit: Visit, key: str) -> Question:
    try:
        return visit.questionnaire.question(key)
    except KeyError:
        raise Http404 from None


def _editing(visit: Visit, question: Question | None, *, screen: int = 1) -> QuestionEditing:
    data = visit.request.POST
    return QuestionEditing(
        questionnaire=visit.questionnaire,
        question=question,
        earlier=earlier_of(visit.version.survey),
        survey_key=visit.survey_key,
        user=visit.request.user,
        data=data.dict() if visit.request.method == "POST" else None,
        screen=screen,
    )


def _answer(visit: Visit, editing: QuestionEditing, *, anchor: str) -> HttpResponse:
    if editing.data is None:
        return _show(visit, editing, anchor)
    operation = editing.data.get("do", "save")
    if operation != "save":
        editing.operate(operation)
        return _show(visit, editing, anchor)
    if not editing.check():
        return _show(visit, editing, anchor, status=422)
    if editing.is_stale:
        return _show(visit, editing, anchor, status=409, is_stale=True)
    result = editing.result()
    orphans = _edited(visit.questionnaire, result).orphans
    if orphans and editing.data.get("agreed") != digest_of({o.key: None for o in orphans}):
        return _show(visit, editing, anchor, status=409, orphans=orphans)
    try:
        _store(visit, editing, result)
    except ChangedMeanwhileError:
        return _show(visit, editing, anchor, status=409, is_stale=True)
    return visit.done(_("Saved."), f"{visit.url('change')}#question-{result.key}")


@transaction.atomic
def _store(visit: Visit, editing: QuestionEditing, result: Question) -> None:
    def edited(questionnaire: Questionnaire) -> Questionnaire:
        there = {question.key: question for question in questionnaire.questions}
        if there.get(result.key) != editing.question:
            raise ChangedMeanwhileError
        return _edited(questionnaire, result).questionnaire

    edit_draft(visit.version, edited)
    changed = 0
    values = editing.extra_values(result)
    for field in editing.choice_fields:
        changed += field.save(
            survey=visit.survey_key, question=result.key, values=values[field.name]
        )
    said = _("Question %(key)s edited.") if editing.question else _("Question %(key)s added.")
    visit.log(said % {"key": result.key})
    if changed:
        visit.log(
            ngettext(
                "%(count)d meaning of a choice of question %(key)s changed.",
                "%(count)d meanings of choices of question %(key)s changed.",
                changed,
            )
            % {"count": changed, "key": result.key}
        )


def _edited(questionnaire: Questionnaire, result: Question) -> Edited:
    if any(question.key == result.key for question in questionnaire.questions):
        return replace_question(questionnaire, result)
    return Edited(add_question(questionnaire, result))


def _show(
    visit: Visit,
    editing: QuestionEditing,
    anchor: str,
    *,
    status: int = 200,
    is_stale: bool = False,
    orphans: tuple[Question, ...] = (),
) -> HttpResponse:
    opened: dict[str, Any] = {
        "editing": editing,
        "editing_key": editing.question.key if editing.question else "",
        "anchor": anchor,
        "new_screen": editing.asked_screen not in visit.questionnaire.screens,
        "is_stale": is_stale,
        "has_errors": status == 422,
        "orphans": [wording_of(visit.questionnaire, orphan) for orphan in orphans],
        "agreed": digest_of({orphan.key: None for orphan in orphans}),
    }
    return render_editor(visit, status=status, **opened)
