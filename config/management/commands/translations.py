"""``translations``: the catalogues of what respondents read, kept in step with the source."""

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog, Message, TranslationError
from babel.messages.checkers import checkers
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import CommandError
from django.utils.translation import templatize, to_locale

from surveys.management.one_line import OneLineCommand

# What a customer may get to see; the admin is the team's and speaks English.
SOURCES = (
    "surveys/pages/*.py",
    "surveys/delivery/messages*.py",
    "surveys/delivery/wording.py",
    "surveys/templates/surveys/pages/*.html",
    "surveys/templates/surveys/mail/*",
    "config/templates/*.html",
)
# Of no interest to anybody, and always the same, so that running twice changes nothing.
FIRST_WRITTEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CATALOGUES = Path("surveys/locale")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


class Fault(NamedTuple):
    file: Path
    words: str
    found: str


class Command(OneLineCommand):
    help = (
        "Brings the catalogues of what respondents read up to date with the source and compiles "
        "them. With --check it changes nothing and fails where a string is missing, marked "
        "fuzzy, left over, or not compiled."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what is wrong")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        template = extracted(settings.BASE_DIR)
        for code, _name in settings.LANGUAGES:
            if code != settings.LANGUAGE_CODE and not check:
                update(settings.BASE_DIR, code, template)
        faults = [
            fault
            for code, _name in settings.LANGUAGES
            if code != settings.LANGUAGE_CODE
            for fault in faults_of(settings.BASE_DIR, code, template)
        ]
        for fault in faults:
            self.stderr.write(f"{fault.file}: {fault.found}: {fault.words!r}")
        if faults:
            raise CommandError(f"{len(faults)} faults in the translations.")
        self.stdout.write(f"{len(template)} strings in {len(settings.LANGUAGES)} languages.")


def extracted(root: Path) -> Catalog:
    """Every string that a respondent may get to read, as the source has it."""
    catalog = Catalog()
    for path in sorted({path for source in SOURCES for path in root.glob(source)}):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text)
        found = extract("python", BytesIO(text.encode()), KEYWORDS, options={"encoding": "utf-8"})
        for _line, words, _comments, context in found:
            catalog.add(words, context=context)
    return catalog


def update(root: Path, code: str, template: Catalog) -> None:
    """Add what is new (untranslated), drop what is gone, compile."""
    path = catalogue_path(root, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = read_catalogue(path, code) if path.exists() else new_catalogue(code)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.revision_date = catalog.creation_date = FIRST_WRITTEN
    with path.open("wb") as file:
        write_po(file, catalog, width=100, no_location=True, sort_output=True, omit_header=False)
    path.with_suffix(".mo").write_bytes(compiled(catalog))


def faults_of(root: Path, code: str, template: Catalog) -> Iterator[Fault]:
    path = catalogue_path(root, code)
    if not path.exists():
        yield Fault(path.relative_to(root), code, "no catalogue")
        return
    catalog = read_catalogue(path, code)
    name = path.relative_to(root)
    for message in template:
        if message.id and (found := _fault_in(catalog, message)):
            yield Fault(name, _key(message), found)
    for message in catalog:
        if message.id and template.get(_key(message), message.context) is None:
            yield Fault(name, _key(message), "no longer used")
    binary = path.with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != compiled(catalog):
        yield Fault(name.with_suffix(".mo"), code, "not compiled from the .po as it is")


def _fault_in(catalog: Catalog, wanted: Message) -> str:
    """What is wrong with the translation of a string of the source; "" where nothing is."""
    message = catalog.get(_key(wanted), wanted.context)
    if message is None or not _is_whole(message):
        return "not translated"
    if message.fuzzy:
        return "marked fuzzy"
    for check in checkers:
        try:
            check(catalog, message)
        except TranslationError as error:
            return str(error)
    return ""


def catalogue_path(root: Path, code: str) -> Path:
    return root / CATALOGUES / to_locale(code) / "LC_MESSAGES" / "django.po"


def read_catalogue(path: Path, code: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(code), domain="django", abort_invalid=True)


def new_catalogue(code: str) -> Catalog:
    return Catalog(
        locale=to_locale(code),
        domain="django",
        project="Whyleft",
        version="1",
        msgid_bugs_address="",
        last_translator="Whyleft",
        language_team=code,
        header_comment="# What respondents read.",
        fuzzy=False,
    )


def compiled(catalog: Catalog) -> bytes:
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_whole(message: Message) -> bool:
    said = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(said) and all(said)
