"""In which language a page speaks: what was asked for, else what is known, else the browser's."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from surveys.questionnaire import best_language


@dataclass(frozen=True)
class LanguageOption:
    code: str
    tag: str
    name: str


def page_language(
    request: HttpRequest,
    *,
    known: list[str],
    available: tuple[str, ...],
    default: str,
    asked: str | None = None,
) -> str:
    """One of ``available``: the first that fits of what was ``asked`` for (None: ``lang`` in the
    address or the form), of the ``known`` languages (answered in, invited in; "": not known) and
    of the browser's, else ``default``.
    """
    header = request.headers.get("Accept-Language", "")
    browsers = [code for code, _quality in parse_accept_lang_header(header)]
    first = asked_language(request) if asked is None else asked
    for code in [first, *known, *browsers]:
        if code and (found := best_language(code, available, "")):
            return found
    return default


def asked_language(request: HttpRequest) -> str:
    """What the respondent chose on the page, as it came in: from the form, else the address."""
    return request.POST.get("lang", "") or request.GET.get("lang", "")


def interface_language(code: str) -> str:
    """The language of our own words on a page that is asked in ``code``."""
    return best_language(code, tuple(dict(settings.LANGUAGES)), settings.LANGUAGE_CODE)


def language_tag(code: str) -> str:
    """For the attribute ``lang``: zh-hans becomes zh-Hans, pt-br becomes pt-BR."""
    base, *rest = code.split("-")
    return "-".join([base, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def direction(code: str) -> str:
    return "rtl" if _known(code).get("bidi") else "ltr"


def language_option(code: str) -> LanguageOption:
    """The language named in itself, as its readers look for it."""
    return LanguageOption(code, language_tag(code), _known(code).get("name_local", code))


def _known(code: str) -> dict[str, Any]:
    """What Django knows of the language or of its base."""
    base = code.split("-", maxsplit=1)[0]
    return LANG_INFO.get(code) or LANG_INFO.get(base) or {}
