import datetime as dt
import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from django.core import mail

from surveys.delivery.messages import build_message, message_id_of, write_mail
from surveys.models import SurveyVersion
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    InvitationFactory,
    SubscriptionFactory,
    published_version,
)

pytestmark = pytest.mark.django_db

REASONS = {
    "price", "unused", "not_needed", "switched", "missing_or_broken", "hard_or_no_help", "other",
}  # fmt: skip


@pytest.fixture
def invite(settings):
    settings.ORGANISATION_NAME = "Harbour Tools"
    settings.BASE_URL = "https://surveys.harbour.dev"
    settings.DEFAULT_FROM_EMAIL = "care@harbour.dev"

    def make(*, name="Ann", language="en", **words):
        customer = CustomerFactory()
        subscription = SubscriptionFactory(customer=customer, plan="Pro")
        version = published_version()
        if words:
            definition = {**version.definition}
            definition["words"] = {
                code: {**texts, **words} for code, texts in definition["words"].items()
            }
            version = SurveyVersion.objects.create(
                survey=version.survey,
                number=SurveyVersion.objects.count() + 10,
                definition=definition,
                published_at=version.published_at,
            )
        return InvitationFactory(
            survey_version=version,
            contact=ContactFactory(customer=customer, email="ann@mail.localhost", name=name),
            cancellation=CancellationFactory(
                subscription=subscription, effective_on=dt.date(2026, 11, 30)
            ),
            language=language,
        )

    return make


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


def test_headers(invite, settings):
    settings.REPLY_TO = "people@harbour.dev"
    invitation = invite()
    build_message(invitation).send()
    headers = mail.outbox[0].message()

    unsubscribe = f"https://surveys.harbour.dev/u/{invitation.token}/"
    assert headers["From"] == "Harbour Tools <care@harbour.dev>"
    assert headers["To"] == "ann@mail.localhost"
    assert headers["Reply-To"] == "people@harbour.dev"
    assert headers["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert headers["Message-ID"] == message_id_of(invitation)
    assert [part.get_content_type() for part in headers.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_sender_that_has_a_name_keeps_it(invite, settings):
    settings.DEFAULT_FROM_EMAIL = "Care Team <care@harbour.dev>"

    assert build_message(invite()).from_email == "Care Team <care@harbour.dev>"


def test_without_an_address_for_replies_none_are_invited(invite, settings):
    settings.REPLY_TO = ""
    message = build_message(invite())

    assert "Reply-To" not in message.message()
    assert "reply" not in message.body


def test_message_id_is_stable_unique_and_keeps_the_token_to_itself(invite):
    first, second = invite(), invite()

    assert message_id_of(first) == message_id_of(first)
    assert message_id_of(first) != message_id_of(second)
    assert first.token not in message_id_of(first)
    assert re.fullmatch(r"<[0-9a-f]{32}@harbour\.dev>", message_id_of(first))


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


def test_a_subject_is_one_line_whatever_the_name(invite):
    invitation = invite(name="Ann\r\nBcc: all@mail.localhost", mail_subject="For {contact_name}")

    message = build_message(invitation).message()

    assert message["Subject"] == "For Ann Bcc: all@mail.localhost"
    assert "Bcc" not in message


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


def test_no_queries_where_all_has_been_joined(invite, django_assert_num_queries):
    from surveys.models import Invitation

    invite()
    invitation = Invitation.objects.select_related(
        "survey_version", "customer", "contact", "cancellation__subscription"
    ).get()
    with django_assert_num_queries(0):
        build_message(invitation).message()


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


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "One question"),
        ("en", "One question about why you left, and about a great many things besides " * 2),
        ("zh-hans", "关于您离开的原因，只想请教一个问题"),
        ("zh-hans", "关于您离开的原因，只想请教一个问题。" * 4),
        ("en", "Zoë’s question"),
    ],
)
def test_the_subject_begins_on_the_line_of_its_name(invite, language, subject):
    """A first line with nothing on it is taken for no subject by some servers."""
    subject = subject.strip()
    message = build_message(invite(language=language, mail_subject=subject)).message()
    for linesep in ("\n", "\r\n"):
        source = message.as_bytes(linesep=linesep)
        head = source.partition(2 * linesep.encode())[0].decode("ascii").split(linesep)
        (line,) = [each for each in head if each.startswith("Subject:")]
        assert line.removeprefix("Subject:").strip()
        parsed = message_from_bytes(source, policy=policy.default)
        assert parsed["Subject"] == subject
