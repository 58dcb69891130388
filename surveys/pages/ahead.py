"""The first screen of a published version, rendered ahead: once a language, by the same templates.

A published version is frozen, so all that differs between two invitations is the order of choices,
the secret token in the addresses, and what the placeholders stand for. The page is rendered with
marks in these places and cut up at them; for a respondent its parts are joined again. Before such a
page is used it is held against what the templates make of two made-up invitations.
"""

import datetime as dt
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils import translation
from django.utils.http import urlencode

from surveys.models import Intent, Invitation
from surveys.pages.languages import interface_language
from surveys.pages.layout import QuestionView
from surveys.pages.opening import Opening
from surveys.pages.rendering import render_body
from surveys.pages.screens import screen_context, screen_form
from surveys.pages.visiting import Visit
from surveys.placeholders import fill_placeholders
from surveys.questionnaire import Question, Questionnaire, published_questionnaire

logger = logging.getLogger(__name__)

# Characters for private use: no template has them, and escaping leaves them alone.
BEGIN, END = "\ue000", "\ue001"
_MARK = re.compile(f"{BEGIN}([^{END}]*){END}")
# What a placeholder stands for that differs between invitations; the others are put in at once.
OWN_VALUES = ("contact_name", "plan", "end_date")
TOKEN, WAY_ON = "token", "way_on"


class PageKey(NamedTuple):
    """Which page: everything that it depends on, but for the invitation's own."""

    version_id: int
    published_at: dt.datetime
    language: str
    is_own_language: bool  # any other goes along in the addresses
    preselected: str  # a choice of the reason, or ""
    is_mailed: bool
    # Of the installation.
    organisation: str
    base_url: str
    privacy_url: str

    @property
    def questionnaire(self) -> Questionnaire:
        return published_questionnaire(self.version_id, self.published_at)


@dataclass(frozen=True)
class Slot:
    """An invitation's own value; an empty one takes the blank before it along."""

    name: str
    blank: bytes = b""


@dataclass(frozen=True)
class Shuffled:
    """The options of a question, joined in the order that the invitation's holder sees."""

    question: Question
    options: Mapping[str, tuple["Piece", ...]]


Piece = bytes | Slot | Shuffled


@dataclass(frozen=True)
class Page:
    pieces: tuple[Piece, ...]
    slots: frozenset[str]  # names of the values that it shows

    def fill(self, token: str, values: Mapping[str, str]) -> bytes:
        """The page for the holder of ``token``, ``values`` by the names of ``slots``."""
        ready = {name: escape(value).encode() for name, value in values.items()}
        ready[TOKEN] = token.encode()
        parts: list[bytes] = []
        _write(self.pieces, token, ready, parts)
        return b"".join(parts)


def _write(
    pieces: tuple[Piece, ...], token: str, values: Mapping[str, bytes], parts: list[bytes]
) -> None:
    for piece in pieces:
        if isinstance(piece, bytes):
            parts.append(piece)
        elif isinstance(piece, Slot):
            if value := values[piece.name]:
                parts.append(piece.blank + value)
        else:
            for choice in piece.question.displayed_choices(token):
                _write(piece.options[choice.key], token, values, parts)


@lru_cache(maxsize=256)
def page_ahead(key: PageKey) -> Page | None:
    """None where the page cannot be cut up: then each is rendered by the templates as it is."""
    token = secrets.token_urlsafe(18)
    marked = _render(key, token, lambda name: f"{BEGIN}{name}{END}", with_marks=True)
    try:
        page = _cut(marked, token, key.questionnaire)
        if all(_is_faithful(page, key, filled) for filled in ("", "O’Neill & <Söhne>")):
            return page
    except (KeyError, IndexError, ValueError):
        pass
    logger.warning("A page of version %s cannot be rendered ahead.", key.version_id)
    return None


def _is_faithful(page: Page, key: PageKey, value: str) -> bool:
    token = secrets.token_urlsafe(18)
    values = {name: f"{value}{name}" if value else "" for name in (*OWN_VALUES, WAY_ON)}
    return page.fill(token, values) == _render(key, token, values.__getitem__).encode()


@dataclass(frozen=True)
class _VisitAhead(Visit):
    """Nobody's visit. ``value`` says what stands in the place of an invitation's own values."""

    value: Callable[[str], str]

    def words(self) -> dict[str, str]:
        values = {name: self.value(name) for name in OWN_VALUES}
        values |= {"organisation": settings.ORGANISATION_NAME, "minutes": "1"}
        words = self.opening.questionnaire.words_in(self.language)
        return {name: fill_placeholders(text, values) for name, text in vars(words).items()}

    def way_on(self) -> str:
        return self.value(WAY_ON)


def _render(
    key: PageKey, token: str, value: Callable[[str], str], *, with_marks: bool = False
) -> str:
    request = HttpRequest()
    request.GET = QueryDict(urlencode({"r": key.preselected}))
    invitation = Invitation(token=token, intent=None if key.is_mailed else Intent(pk=0))
    visit = _VisitAhead(
        request=request,
        opening=Opening(invitation, key.questionnaire, now=dt.datetime.now(dt.UTC)),
        language=key.language,
        own_language=key.language if key.is_own_language else "",
        value=value,
    )
    with translation.override(interface_language(key.language)):
        form = screen_form(visit, visit.opening.first_screen)
        context = screen_context(visit, form, with_errors=False)
    if with_marks:
        _put_marks(context["questions"], key.questionnaire)
    return render_body("screen.html", context, language=key.language)


def _put_marks(views: list[QuestionView], questionnaire: Questionnaire) -> None:
    """Around each option of every question whose choices are shuffled."""
    for view in views:
        if questionnaire.question(view.key).shuffle:
            view.mark = f"{BEGIN}{view.key}{END}"
            for option in view.options:
                option.mark = f"{BEGIN}{view.key}/{option.key}{END}"
        for option in view.options:
            _put_marks(option.follow_ups, questionnaire)


def _cut(marked: str, token: str, questionnaire: Questionnaire) -> Page:
    """The page's text cut up at its marks. KeyError, IndexError or ValueError where they are not
    what was put there."""
    parts = _MARK.split(marked.replace(token, f"{BEGIN}{TOKEN}{END}"))
    top: list[Piece] = []
    # What is being written to, innermost last: the question, and its options so far.
    open_lists: list[tuple[str, dict[str, list[Piece]]]] = []
    here, slots = top, set()
    here.append(parts[0].encode())
    for mark, text in zip(parts[1::2], parts[2::2], strict=True):
        question, slash, choice = mark.partition("/")
        if slash:
            if not open_lists or open_lists[-1][0] != question:
                open_lists.append((question, {}))
            here = open_lists[-1][1][choice] = []
        elif mark in (TOKEN, WAY_ON, *OWN_VALUES):
            slots.add(mark)
            here.append(_slot(mark, here))
        else:
            name, options = open_lists.pop()
            if name != question:
                raise ValueError(f"The options of {name} end as those of {question}.")
            here = next(reversed(open_lists[-1][1].values())) if open_lists else top
            frozen = {key: tuple(pieces) for key, pieces in options.items()}
            here.append(Shuffled(questionnaire.question(question), frozen))
        here.append(text.encode())
    if open_lists:
        raise ValueError("Options that do not end.")
    return Page(tuple(top), frozenset(slots - {TOKEN}))


def _slot(name: str, before: list[Piece]) -> Slot:
    text = before[-1] if before else b""
    if name in OWN_VALUES and isinstance(text, bytes) and text.endswith(b" "):
        before[-1] = text[:-1]
        return Slot(name, b" ")
    return Slot(name)
