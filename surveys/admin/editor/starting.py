"""How a survey begins: from a template, empty, or as a copy of another."""

from dataclasses import replace

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from surveys import registries
from surveys.admin.editor.settings_form import EMPTY
from surveys.default_surveys.content import template_questionnaire
from surveys.default_surveys.templates import TEMPLATE_OF
from surveys.drafts import current_content, write_draft
from surveys.models import QuestionKind, QuestionRole, Survey
from surveys.pages.languages import interface_language
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


@transaction.atomic
def start_survey(
    *, name: str, key: str, template: str, moment: str = "", language: str = "en"
) -> Survey:
    """A new survey with a draft. ``template``: a key of TEMPLATES, or EMPTY, which begins with one
    question in ``language`` and needs a ``moment``. IntegrityError where the key is taken."""
    if template == EMPTY:
        questionnaire = empty_questionnaire(key, moment, language)
    else:
        questionnaire = template_questionnaire(template, survey=key)
        moment = moment or TEMPLATE_OF[template].moment
    survey = Survey.objects.create(key=key, name=name, moment=moment)
    write_draft(survey=survey, questionnaire=replace(questionnaire, moment=str(moment)))
    if template != EMPTY:
        _copy_meanings(template, key)
    return survey


@transaction.atomic
def duplicate_survey(survey: Survey, *, name: str, key: str) -> Survey:
    """A survey with the same settings, and a draft of what the other says: its draft if it has
    one, else its newest version. Its choices mean the same. IntegrityError where the key is taken.
    """
    newest = survey.versions.select_related("survey").order_by("-number").first()
    copy = Survey.objects.create(
        key=key,
        name=name,
        moment=survey.moment,
        delay_minutes=survey.delay_minutes,
        window_from=survey.window_from,
        window_until=survey.window_until,
        reminder_days=survey.reminder_days,
        expires_days=survey.expires_days,
    )
    if newest is None:
        questionnaire = empty_questionnaire(key, survey.moment, "en")
    else:
        questionnaire = replace(current_content(newest), survey=key)
    write_draft(survey=copy, questionnaire=questionnaire)
    _copy_meanings(survey.key, key)
    return copy


def empty_questionnaire(survey: str, moment: str, language: str) -> Questionnaire:
    """The reason, with "something else" and room for it: what every survey needs."""
    code = interface_language(language)
    with translation.override(code):
        asked = _("What is the main reason you are leaving?")
        words = VersionWords(title=asked, thanks_title=_("Thank you for telling us"))
        reason = Question(
            key="reason",
            kind=str(QuestionKind.SINGLE),
            role=str(QuestionRole.REASON),
            required=True,
            shuffle=True,
            words={code: QuestionWords(label=asked)},
            choices=(Choice("other", pinned=True, labels={code: _("Something else")}),),
        )
        own_words = Question(
            key="reason_text",
            kind=str(QuestionKind.TEXT),
            role=str(QuestionRole.REASON_TEXT),
            words={code: QuestionWords(label=_("In your own words: what was it?"))},
            conditions=(Condition("reason", "other"),),
        )
    return Questionnaire(
        survey=survey,
        moment=moment,
        default_language=code,
        languages=(code,),
        words={code: words},
        questions=(reason, own_words),
    )


def _copy_meanings(from_survey: str, to_survey: str) -> None:
    for copier in registries.survey_copiers:
        copier(from_survey=from_survey, to_survey=to_survey)
