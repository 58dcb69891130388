"""The reasons in an imported file: what its texts mean, and reading what has landed."""

import difflib
from collections.abc import Callable, Collection, Mapping

from django.db import transaction
from django.utils.translation import gettext

from reasons.models import ProviderMapping, Reason
from reasons.services import classify_cancellations, read_again, unread_cancellations
from surveys.intake.csv.problems import MappingError
from surveys.models import Cancellation

BATCH = 1_000


def known_texts(*, source: str, meanings: Mapping[str, str]) -> Collection[str] | None:
    """The texts that a reason from ``source`` may have; None (any) where ``meanings`` is empty.

    What the team has mapped in the admin counts too. Raises MappingError for a code that is no
    reason.
    """
    if not meanings:
        return None
    codes = set(Reason.objects.filter(is_retired=False).values_list("code", flat=True))
    if not codes:
        raise MappingError(
            gettext("No reasons are installed; run 'python manage.py setup_defaults' first.")
        )
    for text, code in meanings.items():
        if len(text) > 300:
            raise MappingError(gettext('reasons."%s…": longer than 300 characters.') % text[:50])
        if code and code not in codes:
            near = difflib.get_close_matches(code, codes, n=1)
            hint = gettext(" Is it %s?") % near[0] if near else ""
            raise MappingError(
                gettext('reasons."%(text)s": "%(code)s" is no code of a reason.')
                % {"text": text, "code": code}
                + hint
            )
    mapped = ProviderMapping.objects.filter(source=source)
    return {*meanings, *mapped.values_list("provider_reason", flat=True)}


@transaction.atomic
def store_meanings(*, source: str, meanings: Mapping[str, str]) -> int:
    """Keep what ``source``'s texts mean; returns how many meanings are new or another.

    The file's word counts, also over a meaning that was there. Cancellations that came in with
    such a text are read again.
    """
    reasons = {reason.code: reason for reason in Reason.objects.all()}
    standing = dict(
        ProviderMapping.objects.filter(source=source).values_list("provider_reason", "reason__code")
    )
    changed = {
        text: code
        for text, code in meanings.items()
        if text not in standing or standing[text] != (code or None)
    }
    ProviderMapping.objects.bulk_create(
        [
            ProviderMapping(source=source, provider_reason=text, reason=reasons.get(code))
            for text, code in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["source", "provider_reason"],
        update_fields=["reason"],
    )
    if changed:
        read_again(Cancellation.objects.filter(source=source, provider_reason__in=changed))
    return len(changed)


def classify_imported(
    *, source: str, on_progress: Callable[[int], object] = lambda count: None
) -> int:
    """Read every cancellation of ``source`` that is unread; returns how many were read.

    Those of an import that was interrupted are among them.
    """
    read = last = 0
    waiting = unread_cancellations().filter(source=source).order_by("pk")
    while ids := list(waiting.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        read += classify_cancellations(ids)
        last = ids[-1]
        on_progress(len(ids))
    return read
