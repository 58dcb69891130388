"""Plain ``{name}`` placeholders in what operators write. Never run as templates."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from surveys.models import Invitation

# What each stands for, for those who write texts.
PLACEHOLDER_MEANINGS = {
    "organisation": _("the name of your organisation"),
    "contact_name": _("the name of the person, where it is known"),
    "plan": _("the plan that was cancelled"),
    "end_date": _("the last day of the plan, written out"),
    "minutes": _("how many minutes the survey takes"),
}
PLACEHOLDERS = tuple(PLACEHOLDER_MEANINGS)
_BRACES = re.compile(r"\{([^{}\n]*)\}")
_PATTERN = re.compile(r"( ?)\{(" + "|".join(PLACEHOLDERS) + r")\}")


def fill_placeholders(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each known ``{name}`` replaced; anything else in braces stays as it is.

    A value that is empty takes the blank before it along: "Hello {contact_name}," becomes
    "Hello,". Values are put in as they are: escape the result where it becomes HTML.
    """

    def replacement(found: re.Match[str]) -> str:
        value = values.get(found[2], "")
        return found[1] + value if value else ""

    return _PATTERN.sub(replacement, text)


def unknown_placeholders(text: str) -> list[str]:
    """What stands in braces and is none of ``PLACEHOLDERS``, each once, as written: it would be
    shown to customers as it is."""
    found = (inside for inside in _BRACES.findall(text) if inside not in PLACEHOLDERS)
    return list(dict.fromkeys(found))


def placeholder_values(invitation: Invitation, language: str) -> dict[str, str]:
    """What the placeholders stand for on this invitation's pages and in its mail.

    No queries where customer, contact, cancellation and its subscription have been joined.
    """
    cancellation = invitation.cancellation
    subscription = cancellation.subscription if cancellation else None
    plan = subscription.plan if subscription else ""
    return {
        "organisation": settings.ORGANISATION_NAME,
        "contact_name": invitation.contact.name if invitation.contact else "",
        "plan": plan or invitation.customer.plan,
        "end_date": written_date(cancellation.effective_on, language) if cancellation else "",
        "minutes": "1",
    }


@lru_cache(maxsize=1024)  # an hour's mails name few days, and writing one takes its time
def written_date(day: dt.date, language: str) -> str:
    """The date in words: 30 November 2025; 2025年11月30日."""
    with translation.override(language):
        return date_format(day, "j F Y" if language.startswith("en") else "DATE_FORMAT")
