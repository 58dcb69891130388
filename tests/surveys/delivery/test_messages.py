import re
from html.parser import HTMLParser

import pytest

from surveys.delivery.messages import sample_values, write_mail, write_mail_for
from surveys.models import Reminder, SurveyVersion
from surveys.questionnaire import Questionnaire
from tests.factories.surveys import published_version

pytestmark = pytest.mark.django_db

REASONS = {
    "price", "unused", "not_needed", "switched", "missing_or_broken", "hard_or_no_help", "other",
}  # fmt: skip


class Links(HTMLParser):
    """Every address in the HTML, in order, with its text."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.found.append((attributes["href"], ""))
        assert tag not in {"script", "img", "link", "iframe", "form", "input"}
        assert not {key for key in attributes if key.startswith("on")}

    def handle_data(self, data):
        if self.found and not self.found[-1][1]:
            self.found[-1] = (self.found[-1][0], data.strip())


@pytest.mark.parametrize(
    ("language", "tag", "subject", "words", "label"),
    [
        ("en", "en", "One question about why you left Harbour Tools", "Hello Ann,",
         "It cost too much"),
        ("zh-hans", "zh-Hans", "关于您离开 Harbour Tools", "您好 Ann", "价格太高"),
        ("fr", "en", "One question about why you left Harbour Tools", "Hello Ann,",
         "It cost too much"),
    ],
)  # fmt: skip
def test_in_the_language_of_the_invitation(invite, language, tag, subject, words, label):
    written = write_mail(invite(language=language))

    assert written.language == tag
    assert written.subject.startswith(subject)
    assert f'<html lang="{tag}" dir="ltr">' in written.html
    for content in (written.text, written.html):
        assert words in content
        assert label in content
        assert "{" not in content.rpartition("</style>")[2]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_link_for_each_reason_in_the_order_of_the_page(client, invite, language):
    invitation = invite(language=language)
    written = write_mail(invitation)

    in_html = [url for url, _ in Links(written.html).found if "?r=" in url]
    in_text = re.findall(r"^\S+\?r=\S+$", written.text, re.MULTILINE)
    page = client.get(f"/s/{invitation.token}/").content.decode()
    on_page = re.findall(r'name="q-reason"[^>]*value="(\w+)"', page)

    assert in_html == in_text
    assert [url.partition("?r=")[2] for url in in_html] == on_page
    assert set(on_page) == REASONS
    assert on_page[-1] == "other"
    assert {url.partition("?")[0] for url in in_html} == {invitation.url}


def test_the_order_differs_between_invitations(invite):
    orders = {
        tuple(
            url.partition("?r=")[2]
            for url, _ in Links(write_mail(invite()).html).found
            if "?r=" in url
        )
        for _ in range(6)
    }

    assert len(orders) > 1


def test_every_other_link(invite, settings):
    settings.PRIVACY_URL = "https://harbour.dev/privacy"
    invitation = invite()
    written = write_mail(invitation)

    others = [url for url, _ in Links(written.html).found if "?r=" not in url]

    assert others == [invitation.url, invitation.unsubscribe_url, settings.PRIVACY_URL]
    for url in others:
        assert re.search(rf"^{re.escape(url)}$", written.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "in_text", "in_html"),
    [
        ("<b>Ann</b>", "Hello <b>Ann</b>,", "Hello &lt;b&gt;Ann&lt;/b&gt;,"),
        ("", "Hello,", "Hello,"),
        ("Ann & Söhne", "Hello Ann & Söhne,", "Hello Ann &amp; Söhne,"),
        ("{{ organisation }}", "Hello {{ organisation }},", "Hello {{ organisation }},"),
        ("{plan}", "Hello {plan},", "Hello {plan},"),
    ],
)
def test_names_are_put_in_as_they_are_and_escaped_in_html(invite, name, in_text, in_html):
    written = write_mail(invite(name=name))

    assert in_text in written.text
    assert in_html in written.html


@pytest.mark.parametrize(
    ("operator_text", "expected"),
    [
        ("Your {plan} plan ended on {end_date}.", "Your Pro plan ended on 30 November 2026."),
        ("{unknown} stays", "{unknown} stays"),
        ("{contact_name.__class__}", "{contact_name.__class__}"),
        ("{0} {} {{plan}}", "{0} {} {Pro}"),
        ("{% debug %} {{ settings.SECRET_KEY }}", "{% debug %} {{ settings.SECRET_KEY }}"),
        ("%(plan)s $plan", "%(plan)s $plan"),
    ],
)
def test_operators_write_placeholders_never_templates(invite, operator_text, expected):
    written = write_mail(invite(mail_body=operator_text, mail_subject=operator_text))

    assert written.subject == expected
    assert written.text.startswith(expected)
    assert expected in written.html


def test_operators_paragraphs_and_line_breaks(invite):
    written = write_mail(invite(mail_body="One\ntwo.\n\n\nThree <i>."))

    assert "One<br>two.</p>" in written.html
    assert "Three &lt;i&gt;.</p>" in written.html
    assert written.text.startswith("One\ntwo.\n\nThree <i>.\n")


def test_a_survey_without_words_for_a_mail_uses_those_of_its_page(invite):
    written = write_mail(invite(mail_subject="", mail_body=""))

    assert written.subject == "What was the main reason you left?"
    assert "30 November 2026" in written.text


def test_a_survey_without_a_question_for_the_reason_has_one_link(invite):
    invitation = invite()
    version = invitation.survey_version
    definition = {**version.definition, "questions": []}
    SurveyVersion.objects.filter(pk=version.pk).update(definition=definition)
    version.refresh_from_db()

    written = write_mail(invitation)

    assert "?r=" not in written.html + written.text
    assert Links(written.html).found[0][0] == invitation.url
    assert f"\n{invitation.url}\n" in written.text


def test_it_is_light_and_asks_nothing_of_third_parties(invite):
    written = write_mail(invite())

    assert len(written.html.encode()) < 12_000
    hosts = {url.split("/")[2] for url in re.findall(r"https?://[^\"'\s)]+", written.html)}
    assert hosts == {"surveys.harbour.dev"}
    assert "prefers-color-scheme: dark" in written.html


def test_no_word_that_customers_must_not_read(invite):
    for language in ("en", "zh-hans"):
        written = write_mail(invite(language=language))
        assert "churn" not in (written.subject + written.text + written.html).casefold()


def test_opening_every_link_in_the_mail_answers_nothing_and_unsubscribes_nobody(client, invite):
    from surveys.models import Invitation, Response, Suppression

    invitation = invite()
    before = Invitation.objects.values().get()
    for url, _ in Links(write_mail(invitation).html).found:
        for method in (client.get, client.head):
            assert method(url.removeprefix("https://surveys.harbour.dev")).status_code == 200

    assert not Response.objects.exists()
    assert not Suppression.objects.exists()
    assert Invitation.objects.values().get() | {"opened_at": None} == before


def test_a_reminder_in_the_operators_words(invite):
    invitation = invite(
        reminder_subject="{contact_name}, once more", reminder_body="You left {plan}.\n\nWhy?"
    )
    written = write_mail(Reminder(invitation=invitation, step=2))

    assert written.subject == "Ann, once more"
    assert written.text.startswith("You left Pro.\n\nWhy?\n")
    assert invitation.url in written.text


def test_a_reminder_without_words_of_its_own_has_ours(invite):
    invitation = invite(mail_subject="Why, {contact_name}?", reminder_subject="", reminder_body="")
    first, reminder = write_mail(invitation), write_mail(Reminder(invitation=invitation, step=1))

    assert reminder.subject == f"Re: {first.subject}"
    for content in (reminder.text, reminder.html):
        assert "Hello Ann," in content
        assert "a few days ago we asked why you left" in content
        assert "This is a reminder of a mail that you received" in content
    assert "reminder" not in first.text + first.html
    in_first = [url for url, _ in Links(first.html).found]
    assert [url for url, _ in Links(reminder.html).found] == in_first


def test_in_arabic_the_mail_runs_from_right_to_left(invite):
    html = write_mail(invite(language="ar")).html

    assert '<html lang="ar" dir="rtl">' in html
    # Some mail programs drop what stands outside the body.
    assert '<td class="page" lang="ar" dir="rtl" align="right"' in html


def test_a_draft_can_be_written_without_an_invitation(django_assert_num_queries):
    version = published_version()
    questionnaire = Questionnaire.from_definition(version.definition)

    with django_assert_num_queries(0):
        written = write_mail_for(questionnaire, "en", sample_values("en"))
        reminder = write_mail_for(questionnaire, "en", sample_values("en"), step=1)

    assert "Hello Ann," in written.text
    assert {url.partition("?")[0] for url, _ in Links(written.html).found} == {
        "http://127.0.0.1:8000/preview/"
    }
    assert len(Links(written.html).found) == 9
    assert reminder.subject != written.subject
