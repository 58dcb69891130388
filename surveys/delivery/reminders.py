"""Reminders: the same survey once more, to those who were sent it and have not answered.

A reminder is planned when its days after the mail before it are over, never ahead of time: so a
response, a bounce or a change of the survey's settings counts until the last moment. The database
has one row for each invitation and step, so however many plan at once, whatever the clock does,
each is planned once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db.models import Exists, OuterRef

from surveys.delivery import gate
from surveys.delivery.scheduling import PENDING, withdraw
from surveys.delivery.windows import next_moment_in_window, window_of, zone_of
from surveys.models import (
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Response,
    Suppression,
    Survey,
    address_digest,
)
from surveys.models.invitations import InvitationQuerySet

CHUNK = 500
# Step (from 1) and days after the mail before it -> the surveys that remind so.
Intervals = dict[tuple[int, int], list[int]]


def plan_reminders(now: dt.datetime) -> int:
    """Write the reminders whose time has come, due in the sending window; returns how many.

    Only of mails that went out, where nothing has been submitted, the link still opens, nothing
    came back, the address may be written to and the customer has not stayed. Pending reminders of
    what has been answered since are withdrawn. A reminder that another planned at the same moment
    is counted by both.
    """
    _withdraw_answered()
    planned = 0
    for (step, days), surveys in _intervals().items():
        for chunk in _chunks(_to_remind(step, days, surveys, now)):
            reminders = _reminders(chunk, step, now)
            Reminder.objects.bulk_create(reminders, ignore_conflicts=True)
            planned += len(reminders)
    return planned


def _intervals() -> Intervals:
    found: Intervals = defaultdict(list)
    surveys = Survey.objects.filter(is_archived=False).exclude(reminder_days=[])
    for pk, reminder_days in surveys.values_list("pk", "reminder_days"):
        for step, days in enumerate(reminder_days, start=1):
            found[step, days].append(pk)
    return found


def _to_remind(
    step: int, days: int, surveys: Sequence[int], now: dt.datetime
) -> InvitationQuerySet:
    """Whose mail before this step went out so many days ago, and nothing speaks against it."""
    oldest = now - dt.timedelta(days=settings.INVITATION_MAX_AGE_DAYS)
    went_out = {"sent_at__lte": now - dt.timedelta(days=days), "bounced_at": None}
    open_ = Invitation.objects.filter(
        survey__in=surveys,
        channel=InvitationChannel.MAIL,
        state=InvitationState.SENT,
        # No mail is older than the request; this keeps the search to the last days.
        sent_at__gt=oldest,
        bounced_at=None,
        expires_at__gt=now,
        contact__isnull=False,
        customer__erased_at=None,
        cancellation__reverted_at=None,
        cancellation__requested_at__gte=oldest,
    )
    own = Reminder.objects.filter(invitation=OuterRef("pk"))
    if step == 1:
        open_ = open_.filter(**went_out)
    else:
        before = own.filter(step=step - 1, state=InvitationState.SENT, **went_out)
        open_ = open_.filter(Exists(before))
    submitted = Response.objects.submitted()
    return open_.filter(
        ~Exists(own.filter(step=step)),
        ~Exists(submitted.filter(invitation=OuterRef("pk"))),
        ~Exists(submitted.filter(cancellation=OuterRef("cancellation"))),
    )


def _chunks(invitations: InvitationQuerySet) -> Iterator[list[Invitation]]:
    """By key, so that those for whom nothing is written do not come again.

    Keys first: almost every tick finds none, and then the rest need not be asked.
    """
    keys = invitations.order_by("pk").values_list("pk", flat=True)
    joined = Invitation.objects.select_related("survey", "customer", "contact", "cancellation")
    found = list(keys[:CHUNK])
    while found:
        yield list(joined.filter(pk__in=found))
        found = list(keys.filter(pk__gt=found[-1])[:CHUNK])


def _reminders(chunk: list[Invitation], step: int, now: dt.datetime) -> list[Reminder]:
    digests = {each.pk: address_digest(each.contact.email) for each in chunk if each.contact}
    silent = set(
        Suppression.objects.filter(digest__in=digests.values()).values_list("digest", flat=True)
    )
    reminders = []
    for invitation in chunk:
        due = next_moment_in_window(now, window_of(invitation.survey), zone_of(invitation.customer))
        cancellation = invitation.cancellation
        too_late = invitation.expires_at <= due or (
            cancellation is None or gate.is_too_old(cancellation, due)
        )
        if digests.get(invitation.pk) not in silent and not too_late:
            reminders.append(Reminder(invitation=invitation, step=step, not_before=due))
    return reminders


def _withdraw_answered() -> None:
    """Soon after the response, not with it: whoever answers does not wait for this."""
    answered = Reminder.objects.filter(
        PENDING, invitation__response__submitted_at__isnull=False
    ).values_list("pk", flat=True)
    if keys := list(answered[:CHUNK]):
        withdraw(Reminder.objects.filter(PENDING, pk__in=keys), gate.ANSWERED)
