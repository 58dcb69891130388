"""What one query tells of a link: all that the survey's pages need of an invitation."""

import datetime as dt
import re
from functools import cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, OuterRef, QuerySet, Subquery

from surveys.models import (
    Cancellation,
    Contact,
    Customer,
    Intent,
    Invitation,
    InvitationState,
    Loss,
    Response,
    Subscription,
    SurveyVersion,
)
from surveys.statements import TEXT_MARK, PreparedRead

Row = TypeVar("Row", bound=Model)

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")


class Glance(NamedTuple):
    """An invitation and what hangs on it; what is not there is None."""

    id: int
    token: str
    state: str
    language: str
    expires_at: dt.datetime
    opened_at: dt.datetime | None
    version_id: int
    published_at: dt.datetime | None
    customer_id: int
    erased_at: dt.datetime | None
    customer_plan: str
    contact_id: int | None
    contact_name: str | None
    intent_id: int | None
    return_url: str | None
    cancellation_id: int | None
    requested_at: dt.datetime | None
    ends_on: dt.date | None
    loss_id: int | None
    lost_on: dt.date | None
    subscription_id: int | None
    subscription_plan: str | None
    response_id: int | None
    answered_about_id: int | None  # the cancellation that the response is about
    response_language: str | None
    revision: int | None
    text_probe: str | None
    unsent: Any
    unsent_at: dt.datetime | None
    started_at: dt.datetime | None
    submitted_at: dt.datetime | None
    completed_at: dt.datetime | None

    def is_unanswered(self, now: dt.datetime) -> bool:
        """Whether the survey is still to be answered: by no expired or withdrawn link, and about
        nobody who has been erased."""
        return (
            self.submitted_at is None
            and self.state != InvitationState.WITHDRAWN
            and self.erased_at is None
            and self.published_at is not None
            and now < self.expires_at
        )


def glance(token: str) -> Glance | None:
    """One query; None where no invitation has this token, and no query where none can have it."""
    if not TOKEN.fullmatch(token):
        return None
    row = _read(token)
    return Glance._make(row) if row else None


def invitation_of(seen: Glance) -> Invitation:
    """As rows with their relations; what was not read is read once it is asked for."""
    invitation = _row(
        Invitation,
        id=seen.id,
        token=seen.token,
        state=seen.state,
        language=seen.language,
        expires_at=seen.expires_at,
        opened_at=seen.opened_at,
        survey_version_id=seen.version_id,
        customer_id=seen.customer_id,
        contact_id=seen.contact_id,
        intent_id=seen.intent_id,
        cancellation_id=seen.cancellation_id,
    )
    invitation.survey_version = _row(
        SurveyVersion, id=seen.version_id, published_at=seen.published_at
    )
    invitation.customer = _row(
        Customer, id=seen.customer_id, erased_at=seen.erased_at, plan=seen.customer_plan
    )
    if seen.contact_id is not None:
        invitation.contact = _row(Contact, id=seen.contact_id, name=seen.contact_name)
    if seen.intent_id is not None:
        invitation.intent = _row(Intent, id=seen.intent_id, return_url=seen.return_url)
    if seen.cancellation_id is not None:
        invitation.cancellation = cancellation_of(seen)
        invitation.cancellation.subscription = _row(
            Subscription, id=seen.subscription_id, plan=seen.subscription_plan
        )
    _relate(invitation, "response", _response_of(seen, invitation))
    return invitation


def cancellation_of(seen: Glance) -> Cancellation:
    """What the invitation is about, with its loss."""
    cancellation = _row(
        Cancellation,
        id=seen.cancellation_id,
        subscription_id=seen.subscription_id,
        requested_at=seen.requested_at,
        effective_on=seen.ends_on,
    )
    loss = _row(Loss, id=seen.loss_id, lost_on=seen.lost_on) if seen.loss_id else None
    _relate(cancellation, "loss", loss)
    return cancellation


def _response_of(seen: Glance, invitation: Invitation) -> Response | None:
    if seen.response_id is None:
        return None
    response = _row(
        Response,
        id=seen.response_id,
        invitation_id=seen.id,
        survey_version_id=seen.version_id,
        customer_id=seen.customer_id,
        intent_id=seen.intent_id,
        cancellation_id=seen.answered_about_id,
        language=seen.response_language,
        revision=seen.revision,
        text_probe=seen.text_probe,
        unsent=seen.unsent,
        unsent_at=seen.unsent_at,
        started_at=seen.started_at,
        submitted_at=seen.submitted_at,
        completed_at=seen.completed_at,
    )
    response.survey_version = invitation.survey_version
    if seen.answered_about_id is not None:
        response.cancellation = (
            invitation.cancellation
            if seen.answered_about_id == seen.cancellation_id
            else _row(Cancellation, id=seen.answered_about_id)
        )
    return response


def _row(model: type[Row], **values: Any) -> Row:
    names = _in_order(model, frozenset(values))
    return model.from_db(DEFAULT_DB_ALIAS, names, [values[name] for name in names])


@cache
def _in_order(model: type[Model], names: frozenset[str]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname in names]  # noqa: SLF001


def _relate(row: Model, name: str, other: Model | None) -> None:
    """``other`` is what the one-to-one relation ``name`` leads back from; None: nothing is."""
    relation: Any = row._meta.get_field(name)  # noqa: SLF001
    relation.set_cached_value(row, other)


def _of(model: type[Model], key: str, column: str) -> Subquery:
    """``column`` of the row that the invitation's ``key`` names; no join, which costs planning."""
    rows = model._default_manager.filter(pk=OuterRef(key)).order_by()  # noqa: SLF001
    return Subquery(rows.values(column)[:1])


def _columns() -> dict[str, str | Subquery]:
    """By field of Glance, where it is not called the same on the invitation."""
    return {
        "version_id": "survey_version_id",
        "published_at": _of(SurveyVersion, "survey_version_id", "published_at"),
        "erased_at": "customer__erased_at",
        "customer_plan": "customer__plan",
        "contact_name": _of(Contact, "contact_id", "name"),
        "return_url": _of(Intent, "intent_id", "return_url"),
        "requested_at": "cancellation__requested_at",
        "ends_on": "cancellation__effective_on",
        "loss_id": "cancellation__loss__id",
        "lost_on": "cancellation__loss__lost_on",
        "subscription_id": "cancellation__subscription_id",
        "subscription_plan": _of(Cancellation, "cancellation_id", "subscription__plan"),
        "response_id": "response__id",
        "answered_about_id": "response__cancellation_id",
        "response_language": "response__language",
        **{
            name: f"response__{name}"
            for name in (
                "revision",
                "text_probe",
                "unsent",
                "unsent_at",
                "started_at",
                "submitted_at",
                "completed_at",
            )
        },
    }


def _query() -> "QuerySet[Invitation, Any]":
    columns = _columns()
    wanted = [columns.get(name, name) for name in Glance._fields]
    return Invitation.objects.order_by().filter(token=TEXT_MARK).values_list(*wanted)


_read = PreparedRead("surveys_glance", _query)
