"""Translations side by side, mail texts, their preview and the test to an address."""

import pytest
from django.core import mail
from django.urls import reverse

from surveys.admin.editor.mails import MOST_TESTS_AN_HOUR
from surveys.drafts import copy_to_draft, current_content
from surveys.models import SurveyVersion
from surveys.wordings import language_state
from tests.surveys.asked import published_exit_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    return copy_to_draft(published_exit_survey())


def url(draft, name, *args):
    return reverse(f"admin:surveys_surveyversion_{name}", args=[draft.pk, *args])


def content(draft):
    return current_content(SurveyVersion.objects.select_related("survey").get(pk=draft.pk))


def sent(page):
    form = page.context["form"]
    data = {field.html_name: field.value() or "" for field in form}
    return data | {"base": page.context["base"]}


def add_german(client, draft):
    return client.post(url(draft, "add_language"), {"language": "de"}, follow=True)


def test_an_added_language_is_empty_and_counted(editor, draft):
    page = add_german(editor, draft)
    assert page.redirect_chain[-1][0] == url(draft, "translation", "de")
    state = language_state(content(draft), "de")
    assert state.missing == state.total > 50
    assert f"{state.total} of {state.total} missing" in page.content.decode()
    assert "German" in editor.get(url(draft, "change")).content.decode()
    # A language that there is not, and one that there is already.
    for code in ("tlh", "de", "en"):
        assert editor.post(url(draft, "add_language"), {"language": code}).status_code == 404


def test_saving_what_was_shown_changes_nothing(editor, draft):
    before = content(draft)
    address = url(draft, "translation", "zh-hans")
    assert editor.post(address, sent(editor.get(address))).status_code == 302
    assert content(draft) == before


def test_only_what_is_missing_is_shown_and_the_rest_stays(editor, draft):
    before = content(draft)
    address = url(draft, "translation", "zh-hans")
    data = sent(editor.get(address)) | {"text.title": "", "choice.reason.price": ""}
    editor.post(address, data)
    page = editor.get(address + "?missing=1")
    data = sent(page)
    assert set(data) == {"text.title", "choice.reason.price", "base"}
    data |= {"text.title": before.words["zh-hans"].title}
    page = editor.post(address + "?missing=1", data, follow=True)
    assert "1 of" in page.content.decode()
    after = content(draft)
    assert after.words["zh-hans"] == before.words["zh-hans"]
    assert "zh-hans" not in after.question("reason").choices[0].labels
    assert after.question("reason").choices[1] == before.question("reason").choices[1]


def test_unknown_placeholders_are_refused_and_nothing_is_lost(editor, draft):
    address = url(draft, "translation", "zh-hans")
    data = sent(editor.get(address)) | {"text.title": "{nmae} 吗", "text.thanks_title": "谢了"}
    page = editor.post(address, data)
    assert page.status_code == 422
    html = page.content.decode()
    assert "{nmae}" in html
    assert "谢了" in html
    assert content(draft).words["zh-hans"].thanks_title != "谢了"


def test_two_translators_do_not_overwrite_each_other_unasked(editor, draft):
    address = url(draft, "translation", "zh-hans")
    first, second = sent(editor.get(address)), sent(editor.get(address))
    editor.post(address, first | {"text.title": "一"})
    page = editor.post(address, second | {"text.title": "二"})
    assert page.status_code == 409
    assert content(draft).words["zh-hans"].title == "一"
    assert editor.post(address, sent(page) | {"text.title": "二"}).status_code == 302
    assert content(draft).words["zh-hans"].title == "二"


def test_labels_are_inert_in_every_column(editor, draft):
    address = url(draft, "translation", "zh-hans")
    evil = "<script>alert(1)</script>"
    editor.post(address, sent(editor.get(address)) | {"text.title": evil})
    for page in ("translation", "change", "mail"):
        args = [] if page == "change" else ["zh-hans"]
        html = editor.get(url(draft, page, *args) + "?lang=zh-hans").content.decode()
        assert "<script>alert" not in html
    frame = editor.get(url(draft, "preview_frame") + "?lang=zh-hans").content.decode()
    assert "&lt;script&gt;" in frame
    assert "<script>alert" not in frame


def test_a_language_is_removed_after_asking(editor, draft):
    address = url(draft, "remove_language", "zh-hans")
    assert "Remove every text" in editor.get(address).content.decode()
    assert "zh-hans" in content(draft).languages
    editor.post(address)
    assert content(draft).languages == ("en",)
    assert editor.get(url(draft, "remove_language", "en")).status_code == 404


def test_the_texts_of_the_pages(editor, draft):
    page = editor.get(url(draft, "texts"))
    form = page.context["texts_form"]
    data = {field.name: field.value() for field in form} | {"base": page.context["texts_base"]}
    wrong = editor.post(url(draft, "texts"), data | {"title": "", "introduction": "{who} kept"})
    assert wrong.status_code == 422
    assert "{who} kept" in wrong.content.decode()
    editor.post(url(draft, "texts"), data | {"title": "Before you go", "introduction": "Hi."})
    words = content(draft).words["en"]
    assert (words.title, words.introduction) == ("Before you go", "Hi.")
    assert words.mail_subject
    assert editor.post(url(draft, "texts"), data | {"title": "Stale"}).status_code == 409


def test_the_texts_of_the_mail(editor, draft):
    address = url(draft, "mail", "zh-hans")
    page = editor.get(address)
    data = sent(page)
    assert editor.post(address, data | {"mail_body": "{name}"}).status_code == 422
    assert editor.post(address, data | {"mail_subject": "{plan} 再见"}).status_code == 302
    assert content(draft).words["zh-hans"].mail_subject == "{plan} 再见"
    html = editor.get(address).content.decode()
    assert "Team 再见" in html
    assert "{contact_name}" in html


def test_the_mail_is_shown_in_a_frame_that_may_do_nothing(editor, draft):
    response = editor.get(url(draft, "mail_frame", "en") + "?step=1")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    page = editor.get(url(draft, "mail", "en")).content.decode()
    assert '<iframe class="mail-frame" sandbox src=' in page


def test_a_test_goes_to_one_address_alone(editor, draft, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    address = url(draft, "mail_test", "zh-hans")
    assert editor.post(address, {"address": "no address"}).status_code == 422
    assert mail.outbox == []
    page = editor.post(address, {"address": "mara@team.example"}, follow=True)
    assert "Sent to mara@team.example." in page.content.decode()
    assert [message.to for message in mail.outbox] == [["mara@team.example"]] * 2
    first, reminder = mail.outbox
    assert first.subject != reminder.subject


def test_tests_are_capped(editor, draft, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    address = url(draft, "mail_test", "en")
    for _ in range(MOST_TESTS_AN_HOUR + 2):
        editor.post(address, {"address": "mara@team.example"})
    assert len(mail.outbox) == MOST_TESTS_AN_HOUR * 2


def test_a_mail_that_is_refused_says_so(editor, draft, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = editor.post(
        url(draft, "mail_test", "en"), {"address": "mara@harbourtools.net"}, follow=True
    )
    [message] = page.context["messages"]
    assert (message.level_tag, str(message).partition(":")[0]) == (
        "error",
        "The mail server did not take the mail",
    )
