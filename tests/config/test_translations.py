"""The catalogues of what respondents read, and which language the team reads."""

import pytest
from babel.messages.pofile import read_po, write_po
from django.core.management import CommandError, call_command

from config.management.commands import translations

SOURCE = "from django.utils.translation import gettext\n\nTITLE = gettext({words!r})\n"


@pytest.fixture
def project(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    (tmp_path / "surveys" / "pages").mkdir(parents=True)

    def write(words):
        path = tmp_path / "surveys" / "pages" / "views.py"
        path.write_text(SOURCE.format(words=words), encoding="utf-8")

    write("Hello %(name)s")
    return write


def translate(root, string, *, fuzzy=False):
    path = translations.catalogue_path(root, "de")
    with path.open("rb") as file:
        catalog = read_po(file)
    for message in catalog:
        if message.id:
            message.string = string
            (message.flags.add if fuzzy else message.flags.discard)("fuzzy")
    with path.open("wb") as file:
        write_po(file, catalog)


def faults(root):
    template = translations.extracted(root)
    return [fault.found for fault in translations.faults_of(root, "de", template)]


def test_what_is_whole_passes_and_is_compiled(project, settings, capsys):
    with pytest.raises(CommandError, match="1 faults"):
        call_command("translations")
    translate(settings.BASE_DIR, "Hallo %(name)s")
    call_command("translations")
    call_command("translations", check=True)
    assert "1 strings in 2 languages" in capsys.readouterr().out
    written = translations.catalogue_path(settings.BASE_DIR, "de").read_bytes()
    call_command("translations")
    assert translations.catalogue_path(settings.BASE_DIR, "de").read_bytes() == written


def test_each_fault_is_found(project, settings):
    root = settings.BASE_DIR
    assert faults(root) == ["no catalogue"]
    with pytest.raises(CommandError):
        call_command("translations")
    assert faults(root) == ["not translated"]
    translate(root, "Hallo %(nam)s")
    assert any("placeholder" in found for found in faults(root))
    translate(root, "Hallo %(name)s", fuzzy=True)
    assert "marked fuzzy" in faults(root)
    translate(root, "Hallo %(name)s")
    assert faults(root) == ["not compiled from the .po as it is"]
    call_command("translations")
    project("Good day")
    assert faults(root) == ["not translated", "no longer used"]


def test_a_check_changes_nothing(project, settings):
    with pytest.raises(CommandError):
        call_command("translations", check=True)
    assert not translations.catalogue_path(settings.BASE_DIR, "de").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "language"), [("/admin/login/", "en"), ("/s/none/", "zh-Hans")])
def test_the_admin_speaks_one_language_whatever_the_browser_asks_for(client, path, language):
    page = client.get(path, headers={"Accept-Language": "zh-CN"})
    assert f'lang="{language}'.encode() in page.content
