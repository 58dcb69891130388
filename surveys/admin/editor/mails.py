"""The mail and its reminder: texts of each language, how they look, and a test to an address."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.admin.editor.page import LanguageLine, language_lines
from surveys.admin.editor.question_editing import digest_of
from surveys.admin.editor.texts import TextsForm, placeholders_explained
from surveys.admin.editor.visit import Visit
from surveys.delivery.messages import sample_values, write_mail_for
from surveys.delivery.trying_out import MailNotSentError, send_test
from surveys.drafts import edit_draft
from surveys.editing import set_words
from surveys.questionnaire import Questionnaire, VersionWords
from surveys.wordings import MAIL_TEXTS

# Mail needs its own style inside the message; nothing else is fetched, run or sent from it.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


# What the history says, untranslated: by it tests are counted.
TEST_SENT = "Test mail sent."
MOST_TESTS_AN_HOUR = 20


class TestForm(forms.Form):
    """Where a test goes to."""

    use_required_attribute = False
    __test__ = False  # no test case, whatever its name begins with

    address = forms.EmailField(label=gettext_lazy("Send a test to"), max_length=254)


def mail_page(visit: Visit, language: str) -> HttpResponse:
    """Of a draft with a form for the texts; of a published version to be looked at."""
    line = _line(visit, language)
    before = visit.questionnaire.words.get(language, VersionWords())
    options: dict[str, Any] = {
        "names": MAIL_TEXTS,
        "language": line.tag,
        "direction": line.direction,
    }
    if visit.request.method != "POST":
        return _show(visit, line, TextsForm(initial=vars(before), **options), before)
    if visit.version.is_published or not visit.may_edit:
        raise BadRequest
    form = TextsForm(visit.request.POST, **options)
    if not form.is_valid():
        return _show(visit, line, form, before, status=422)
    if visit.request.POST.get("base") != digest_of(vars(before)):
        return _show(visit, line, form, before, status=409, is_stale=True)

    def edited(questionnaire: Questionnaire) -> Questionnaire:
        words = questionnaire.words.get(language, VersionWords())
        return set_words(questionnaire, language, form.words(words))

    edit_draft(visit.version, edited)
    visit.log(_("Mail in %(language)s edited.") % {"language": line.name})
    return visit.done(_("Saved."), visit.url("mail", language))


def mail_frame(visit: Visit, language: str) -> HttpResponse:
    """The mail as HTML, for a frame that may do nothing. ``?step=1`` is the reminder."""
    _line(visit, language)
    step = 1 if visit.request.GET.get("step") == "1" else 0
    mail = write_mail_for(visit.questionnaire, language, sample_values(language), step=step)
    response = HttpResponse(mail.html)
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "no-store"
    return response


def test_send(visit: Visit, language: str) -> HttpResponse:
    """Both mails of a language to one address. POST only."""
    line = _line(visit, language)
    form = TestForm(visit.request.POST)
    if not form.is_valid():
        before = visit.questionnaire.words.get(language, VersionWords())
        texts = TextsForm(initial=vars(before), names=MAIL_TEXTS, language=line.tag)
        return _show(visit, line, texts, before, status=422, test_form=form)
    back = visit.url("mail", language)
    if _tests_of_last_hour(visit) >= MOST_TESTS_AN_HOUR:
        said = _("That are enough tests for an hour: at most %(count)d can be sent.")
        return visit.done(said % {"count": MOST_TESTS_AN_HOUR}, back, level=messages.ERROR)
    address = form.cleaned_data["address"]
    # Before sending: what fails counts too, so that nobody can try addresses out.
    visit.log(TEST_SENT)
    try:
        for step in (0, 1):
            send_test(visit.version, line.code, address, step=step)
    except MailNotSentError as error:
        return visit.done(str(error), back, level=messages.ERROR)
    return visit.done(_("Sent to %(address)s.") % {"address": address}, back)


def _tests_of_last_hour(visit: Visit) -> int:
    """Of this user, of any survey."""
    return LogEntry.objects.filter(
        user=visit.request.user.pk,
        change_message=TEST_SENT,
        action_time__gt=timezone.now() - dt.timedelta(hours=1),
    ).count()


def _show(
    visit: Visit,
    line: LanguageLine,
    form: TextsForm,
    before: VersionWords,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context: dict[str, Any] = {
        "line": line,
        "languages": language_lines(visit),
        "form": form,
        "base": digest_of(vars(before)),
        "placeholders": placeholders_explained(),
        "previews": [
            (_("Mail"), 0, _written(visit, line.code, 0)),
            (_("Reminder"), 1, _written(visit, line.code, 1)),
        ],
        "test_form": TestForm(initial={"address": getattr(visit.request.user, "email", "")}),
        "may_test": visit.may_edit,
        "sender": settings.DEFAULT_FROM_EMAIL,
        "has_errors": status == 422,
        "subtitle": _("Mail"),
        **more,
    }
    return visit.render("mail.html", status=status, **context)


def _written(visit: Visit, language: str, step: int) -> Any:
    return write_mail_for(visit.questionnaire, language, sample_values(language), step=step)


def _line(visit: Visit, language: str) -> LanguageLine:
    for line in language_lines(visit):
        if line.code == language:
            return line
    raise Http404
