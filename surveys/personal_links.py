"""Personal links for another mailer: who may be written to, their links, and the rows of a file.

Whoever our own mail must not reach is left out, with the reason counted. A link that is handed
on this way is no longer mailed from here.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop

from surveys.csv_streaming import Row
from surveys.delivery import gate
from surveys.delivery.links import MAILED, OfferRefusedError, offer_link
from surveys.delivery.scheduling import new_invitation
from surveys.models import Cancellation, Invitation, InvitationState

CHUNK = 200
ALREADY_MAILED = gettext_noop("We have sent the survey already.")
NO_SURVEY = gettext_noop("No survey fits this cancellation.")
COLUMNS = (
    "customer_id",
    "email",
    "name",
    "language",
    "survey_url",
    "unsubscribe_url",
    "expires",
)


@dataclass(slots=True)
class Sorted:
    """Cancellations whose contact may be written to (keys), and how many may not, by reason."""

    ready: list[int] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def reasons(self) -> list[tuple[str, int]]:
        """In the reader's language, the most frequent first."""
        return [(gettext(because), count) for because, count in self.left_out.most_common()]


@dataclass(slots=True)
class HandedOn:
    """``links``: keys of the invitations whose links were handed on."""

    links: list[int]
    cancellations: list[int]
    left_out: Counter[str]


def sort_out(cancellations: QuerySet[Cancellation], *, now: dt.datetime) -> Sorted:
    """Who of ``cancellations`` may be written to at ``now``. Reads only.

    The newest first, each address once. Six queries for each 200 of them and, at most, four for
    each one.
    """
    found = Sorted()
    addresses: set[str] = set()
    keys = list(cancellations.order_by("-requested_at", "-pk").values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        _sort_chunk(keys[start : start + CHUNK], found, addresses, now)
    return found


def hand_on(cancellations: QuerySet[Cancellation], *, now: dt.datetime) -> HandedOn:
    """Make the links of whoever may be written to, and keep our own mail from them.

    Each is a transaction of its own: what was made before a fault can be had again.
    """
    found = sort_out(cancellations, now=now)
    done = HandedOn(links=[], cancellations=[], left_out=found.left_out)
    for start in range(0, len(found.ready), CHUNK):
        chunk = Cancellation.objects.select_related("customer", "subscription", "contact")
        for cancellation in chunk.filter(pk__in=found.ready[start : start + CHUNK]):
            try:
                invitation = offer_link(cancellation, now)
            except OfferRefusedError as refused:
                done.left_out[str(refused)] += 1
                continue
            done.links.append(invitation.pk)
            done.cancellations.append(cancellation.pk)
    return done


def link_rows(links: Sequence[int]) -> Iterator[Row]:
    """The head, then a row for each invitation of these keys, in their order."""
    yield COLUMNS
    for start in range(0, len(links), CHUNK):
        keys = links[start : start + CHUNK]
        rows = Invitation.objects.select_related("customer", "contact").in_bulk(keys)
        for key in keys:
            invitation = rows.get(key)
            if invitation is None or invitation.contact is None:  # erased a moment ago
                continue
            yield (
                invitation.customer.external_id,
                invitation.contact.email,
                invitation.contact.name,
                invitation.language,
                invitation.url,
                invitation.unsubscribe_url,
                invitation.expires_at.isoformat(timespec="seconds"),
            )


def _sort_chunk(keys: list[int], found: Sorted, addresses: set[str], now: dt.datetime) -> None:
    rows = Cancellation.objects.select_related(
        "customer", "subscription", "contact", "invitation__survey", "invitation__survey_version",
        "invitation__contact", "invitation__customer",
    ).in_bulk(keys)  # fmt: skip
    offers: list[tuple[Cancellation, Invitation]] = []
    for key in keys:
        if (cancellation := rows.get(key)) is None:
            continue
        invitation = getattr(cancellation, "invitation", None)
        if invitation is None:
            invitation = new_invitation(cancellation, now=now)
        if invitation is None:
            found.left_out[NO_SURVEY] += 1
        elif because := _said_by_row(invitation):
            found.left_out[because] += 1
        else:
            offers.append((cancellation, _as_offered(invitation, cancellation, now)))
    known = gate.known_about([invitation for _, invitation in offers], now=now)
    for cancellation, invitation in offers:
        stop = gate.reason_to_stop(
            invitation=invitation, cancellation=cancellation, now=now, known=known
        )
        because = stop.because if stop else ""  # waiting for the sending window says no reason
        address = invitation.contact.email.lower() if invitation.contact else ""
        if not because and address in addresses:
            because = gate.ASKED_LATELY
        if because:
            found.left_out[because] += 1
        else:
            found.ready.append(cancellation.pk)
            addresses.add(address)


def _said_by_row(invitation: Invitation) -> str:
    """Why an invitation that exists is not handed on, whatever the gate says."""
    if invitation.state in MAILED:
        return ALREADY_MAILED
    if invitation.state == InvitationState.WITHDRAWN:
        return invitation.withheld_because
    return ""


def _as_offered(invitation: Invitation, cancellation: Cancellation, now: dt.datetime) -> Invitation:
    """As the gate is to see it: a link that has expired opens again when it is handed on."""
    offered = copy(invitation)
    offered.cancellation = cancellation
    offered.expires_at = max(offered.expires_at, now + dt.timedelta(days=1))
    return offered
