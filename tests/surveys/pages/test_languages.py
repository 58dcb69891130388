"""In which language a page speaks, and switching it without losing what was typed."""

import re

import pytest
from django.conf import settings
from django.utils import translation

from surveys.models import Response
from surveys.pages.languages import direction, language_option, language_tag
from tests.factories.surveys import InvitationFactory

pytestmark = pytest.mark.django_db


def spoken(page):
    return re.search(r'<html lang="([\w-]+)"', page.content.decode())[1]


@pytest.mark.parametrize(
    ("asked", "invited_in", "browser", "shown"),
    [
        ("", "en", "zh-CN", "en"),
        ("", "zh-hans", "en", "zh-Hans"),
        ("", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("", "", "fr-FR,zh;q=0.2", "zh-Hans"),
        ("", "", "fr", "en"),
        ("", "fr", "zh", "zh-Hans"),
        ("", "", "", "en"),
        ("", "", "not a, header;;q=x", "en"),
        ("zh-hans", "en", "en", "zh-Hans"),
        ("en", "zh-hans", "zh", "en"),
        ("klingon", "zh-hans", "en", "zh-Hans"),
    ],
)
def test_language(client, asked, invited_in, browser, shown):
    invitation = InvitationFactory(language=invited_in)
    page = client.get(f"/s/{invitation.token}/?lang={asked}", headers={"Accept-Language": browser})
    assert spoken(page) == shown
    assert page["Content-Language"] == shown


def test_where_the_browser_decides_the_addresses_need_not_say_so(client):
    """An invitation in no known language: the next page finds it as this one did."""
    invitation = InvitationFactory(language="")
    browser = {"Accept-Language": "zh-CN"}
    page = client.get(f"/s/{invitation.token}/", headers=browser)
    assert spoken(page) == "zh-Hans"
    assert f' action="/s/{invitation.token}/"' in page.content.decode()
    sent = client.post(f"/s/{invitation.token}/", {"q-reason": "price"}, headers=browser)
    assert sent["Location"] == f"/s/{invitation.token}/2/"
    assert Response.objects.get().language == "zh-hans"
    # Answered in Chinese, it stays Chinese in another browser.
    assert spoken(client.get(sent["Location"], headers={"Accept-Language": "en"})) == "zh-Hans"


def test_switching_keeps_what_was_typed_and_saves_nothing(client):
    invitation = InvitationFactory(language="en")
    typed = {"q-reason": "other", "q-reason_text": "It <never> sent", "lang": "zh-hans"}

    page = client.post(f"/s/{invitation.token}/", typed)

    text = page.content.decode()
    assert (page.status_code, spoken(page)) == (200, "zh-Hans")
    assert "It &lt;never&gt; sent" in text
    assert 'id="q-reason-other" checked' in text
    assert 'role="alert"' not in text
    assert not Response.objects.exists()
    action = re.search(r'<form[^>]* action="([^"]+)"', text)[1]
    assert action == f"/s/{invitation.token}/?lang=zh-hans"

    sent = client.post(action, {"q-reason": "price"})

    assert Response.objects.get().language == "zh-hans"
    assert spoken(client.get(sent["Location"])) == "zh-Hans"
    # Whoever comes back finds the language that they answered in.
    assert spoken(client.get(f"/s/{invitation.token}/")) == "zh-Hans"


def test_the_return_key_sends_and_does_not_switch(client):
    """A browser presses the first submit button of the form in the order of the page."""
    text = client.get(f"/s/{InvitationFactory().token}/").content.decode()
    buttons = re.findall(r"<button[^>]*>", text)
    assert 'form="survey"' in buttons[0]
    assert "name=" not in buttons[0]


def test_pages_without_a_form_switch_by_a_link(client):
    invitation = InvitationFactory()
    client.post(f"/s/{invitation.token}/", {"q-reason": "price"})
    text = client.get(f"/s/{invitation.token}/thanks/").content.decode()
    assert '<a href="?lang=zh-hans" lang="zh-Hans"' in text
    assert spoken(client.get(f"/s/{invitation.token}/thanks/?lang=zh-hans")) == "zh-Hans"


def test_every_word_of_the_interface_is_translated():
    """All that the survey's own pages and mails say stands in the catalogue."""
    said = set()
    for path in (settings.BASE_DIR / "surveys" / "templates" / "surveys").rglob("*"):
        if path.parent.name in ("pages", "mail"):
            text = path.read_text("utf-8")
            said |= set(re.findall(r'{% translate "([^"]+)" %}', text))
            for block in re.findall(
                r"{% blocktranslate[\w ]*%}(.*?){% endblocktranslate %}", text, re.DOTALL
            ):
                said.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", block))
    assert len(said) > 25
    with translation.override("zh-hans"):
        untranslated = [text for text in said if translation.gettext(text) == text]
    assert untranslated == []


@pytest.mark.parametrize(
    ("code", "tag", "way", "name"),
    [
        ("en", "en", "ltr", "English"),
        ("zh-hans", "zh-Hans", "ltr", "简体中文"),
        ("pt-br", "pt-BR", "ltr", "Português Brasileiro"),
        ("ar", "ar", "rtl", "العربيّة"),
        ("he-il", "he-IL", "rtl", "עברית"),
        ("xx", "xx", "ltr", "xx"),
    ],
)
def test_how_a_language_is_named(code, tag, way, name):
    assert (language_tag(code), direction(code), language_option(code).name) == (tag, way, name)
