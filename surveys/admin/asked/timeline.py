"""Everything that a customer was sent and answered, newest first, as far as a reader may see it.

A fixed number of queries, however much there is; what a reader has no permission for is neither
shown nor asked for.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from surveys import registries
from surveys.admin.access import VIEW_VERBATIMS
from surveys.admin.amounts import amount_in_words
from surveys.answers_in_words import AnswerInWords, answers_in_words, unsent_in_words
from surveys.calendar import local_midnight
from surveys.models import (
    Answer,
    Customer,
    Invitation,
    InvitationChannel,
    InvitationState,
    Reminder,
    Response,
    Suppression,
    SurveyVersion,
    address_digest,
)
from surveys.questionnaire import Questionnaire
from surveys.wording import day

VIEW_CONTACT = "surveys.view_contact"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at ``at`` (aware). ``order``: of those at one moment, the later.

    ``of`` names the model of the row behind it and its key, for a link. ``quoted``: as the
    customer typed it. ``answers``: None where there are none, or the reader may not see them.
    """

    at: dt.datetime
    kind: str
    title: str
    details: list[str] = field(default_factory=list)
    of: tuple[str, int] | None = None
    quoted: str = ""
    answers: list[AnswerInWords] | None = None
    language: str = ""
    hidden: bool = False
    date_only: bool = False
    order: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: ``may`` says whether they hold a permission."""

    user: Any

    def may(self, permission: str) -> bool:
        return self.user.has_perm(permission)

    def may_view(self, model: str) -> bool:
        return self.may(f"surveys.view_{model}")


def customer_timeline(customer: Customer, reader: Reader) -> list[Entry]:
    """Newest first. Some 12 queries at most."""
    sources: list[tuple[str, Callable[[Customer, Reader], Iterator[Entry]]]] = [
        ("subscription", _subscriptions),
        ("loss", _losses),
        ("cancellation", _cancellations),
        ("response", _responses),
        # What was sent says nothing that the customer's own page would not.
        ("customer", _intents),
        ("customer", _invitations),
        ("customer", _suppressions),
    ]
    entries = [
        entry
        for model, found in sources
        if reader.may_view(model)
        for entry in found(customer, reader)
    ]
    return sorted(entries, key=lambda entry: (entry.at, entry.order), reverse=True)


def _subscriptions(customer: Customer, reader: Reader) -> Iterator[Entry]:
    now = timezone.now()
    for row in customer.subscriptions.all():
        name = row.plan or row.external_id
        details = [amount_in_words(row.mrr, row.currency)] if row.mrr is not None else []
        if not row.start_known:
            details.append(gettext("The start is the day on which we first heard of it."))
        title = gettext("Trial began: %(name)s") if row.is_trial else gettext("Began: %(name)s")
        of = ("subscription", row.pk)
        yield Entry(
            local_midnight(row.started_on), "subscription", title % {"name": name}, details, of,
            date_only=True,
        )  # fmt: skip
        if row.ended_on:
            at = local_midnight(row.ended_on)
            title = gettext("Ended: %(name)s") if at <= now else gettext("Will end: %(name)s")
            yield Entry(at, "subscription", title % {"name": name}, [], of, date_only=True)


def _losses(customer: Customer, reader: Reader) -> Iterator[Entry]:
    for row in customer.losses.all():
        title = (
            gettext("Left without ever paying")
            if row.not_converted
            else gettext("Counted as a customer who left")
        )
        yield Entry(
            local_midnight(row.lost_on), "loss", title, [], ("loss", row.pk),
            date_only=True, order=1,
        )  # fmt: skip


def _intents(customer: Customer, reader: Reader) -> Iterator[Entry]:
    for row in customer.intents.all():
        yield Entry(
            row.opened_at, "intent", gettext("Opened the cancel page"), [], ("intent", row.pk)
        )


def _cancellations(customer: Customer, reader: Reader) -> Iterator[Entry]:
    rows = list(customer.cancellations.select_related("subscription"))
    said: dict[int, list[str]] = defaultdict(list)
    for notes in registries.cancellation_notes:
        for key, words in notes(reader.user, [row.pk for row in rows]).items():
            said[key] += words
    for row in rows:
        details = [
            str(row.get_kind_display()),
            gettext("First day without: %(day)s") % {"day": day(row.effective_on)},
        ]
        if row.provider_reason:
            details.append(gettext("As it came in: %(reason)s") % {"reason": row.provider_reason})
        yield Entry(
            row.requested_at,
            "cancellation",
            gettext("Cancelled"),
            [*details, *said[row.pk]],
            ("cancellation", row.pk),
            quoted=row.provider_comment if reader.may(VIEW_VERBATIMS) else "",
            hidden=bool(row.provider_comment) and not reader.may(VIEW_VERBATIMS),
        )
        if row.reverted_at:
            yield Entry(
                row.reverted_at, "cancellation", gettext("Took the cancellation back"), [],
                ("cancellation", row.pk),
            )  # fmt: skip


def _invitations(customer: Customer, reader: Reader) -> Iterator[Entry]:
    rows = customer.invitations.select_related("survey", "survey_version__survey", "contact")
    for row in rows.defer("survey_version__definition"):
        yield _invited(row, reader)
        of = ("invitation", row.pk)
        if row.sent_at:
            yield Entry(row.sent_at, "sent", gettext("The survey was mailed"), [], of, order=2)
        if row.bounced_at:
            yield Entry(
                row.bounced_at, "stopped", gettext("The mail was returned as undeliverable"), [],
                of, order=3,
            )  # fmt: skip
        if row.opened_at:
            yield Entry(row.opened_at, "opened", gettext("Opened the survey"), [], of, order=4)
    reminders = Reminder.objects.filter(invitation__customer=customer).order_by("pk")
    for reminder in reminders:
        yield _reminded(reminder)


def _invited(row: Invitation, reader: Reader) -> Entry:
    details = [str(row.get_channel_display()), str(row.get_state_display())]
    if row.withheld_because:
        details.append(gettext(row.withheld_because))
    if row.state == InvitationState.SCHEDULED and row.channel == InvitationChannel.MAIL:
        details.append(gettext("Not before %(moment)s") % {"moment": _moment(row.not_before)})
    if row.contact and reader.may(VIEW_CONTACT):
        details.append(row.contact.email)
    stopped = row.state in (InvitationState.WITHHELD, InvitationState.WITHDRAWN)
    title = (
        gettext("Not asked: %(survey)s")
        if stopped
        else gettext("Invited to the survey: %(survey)s")
    )
    return Entry(
        row.created_at,
        "stopped" if stopped else "invitation",
        title % {"survey": row.survey_version},
        details,
        ("invitation", row.pk),
        order=1,
    )


def _reminded(row: Reminder) -> Entry:
    details = [] if row.sent_at else [str(row.get_state_display())]
    if row.withheld_because:
        details.append(gettext(row.withheld_because))
    if row.bounced_at:
        details.append(gettext("The mail was returned as undeliverable"))
    return Entry(
        row.sent_at or row.not_before,
        "sent" if row.sent_at else "stopped" if row.withheld_because else "invitation",
        gettext("Reminder %(step)d") % {"step": row.step},
        details,
        ("invitation", row.invitation_id),
        order=3,
    )


def _responses(customer: Customer, reader: Reader) -> Iterator[Entry]:
    rows = list(customer.responses.all())
    if not rows:
        return
    versions = SurveyVersion.objects.in_bulk({row.survey_version_id for row in rows})
    read = {
        pk: Questionnaire.from_definition(version.definition) for pk, version in versions.items()
    }
    answers: dict[tuple[int, int], list[Answer]] = defaultdict(list)
    visible = reader.may(VIEW_VERBATIMS)
    if visible:
        given = Answer.objects.filter(response__customer=customer).select_related("question")
        for answer in given.order_by("response", "revision"):
            answers[answer.response_id, answer.revision].append(answer)
    for row in rows:
        yield from _answered(row, read[row.survey_version_id], answers, visible=visible)


def _answered(
    row: Response,
    questionnaire: Questionnaire,
    answers: dict[tuple[int, int], list[Answer]],
    *,
    visible: bool,
) -> Iterator[Entry]:
    of = ("response", row.pk)
    test = [gettext("Test response: never counted.")] if row.is_test else []
    if row.submitted_at:
        completed = gettext("Completed") if row.completed_at else gettext("Partial")
        yield Entry(
            row.submitted_at, "response", gettext("Answered"), [completed, *test], of,
            answers=answers_in_words(questionnaire, row.language, answers[row.pk, 1])
            if visible else None,
            language=row.language, hidden=not visible, order=6,
        )  # fmt: skip
    for revision in range(2, row.revision + 1):
        if later := answers.get((row.pk, revision)):
            yield Entry(
                min(answer.answered_at for answer in later), "response",
                gettext("Answered more, or changed an answer"),
                [gettext("Revision %(number)d") % {"number": revision}], of,
                answers=answers_in_words(questionnaire, row.language, later),
                language=row.language, order=6 + revision,
            )  # fmt: skip
    if row.unsent_at:
        yield Entry(
            row.unsent_at, "partial", gettext("Filled in, not sent"), test, of,
            answers=unsent_in_words(questionnaire, row.language, row.unsent) if visible else None,
            language=row.language, hidden=not visible, order=5,
        )  # fmt: skip


def _suppressions(customer: Customer, reader: Reader) -> Iterator[Entry]:
    addresses = {
        address_digest(contact.email): contact.email for contact in customer.contacts.all()
    }
    if not addresses:
        return
    for row in Suppression.objects.filter(digest__in=addresses):
        details = [str(row.get_reason_display())]
        if reader.may(VIEW_CONTACT):
            details.append(addresses[row.digest])
        yield Entry(
            row.created_at, "stopped", gettext("Must not be written to any more"), details, order=9
        )


def _moment(moment: dt.datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
