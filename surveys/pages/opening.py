"""A link, opened: whose survey it is, in which state, and what has been answered so far."""

import datetime as dt
import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from surveys.models import Invitation, InvitationState, Response, SurveyMoment
from surveys.questionnaire import Questionnaire
from surveys.responses import Content, content_of_row, is_editable

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")


@dataclass(frozen=True)
class Opening:
    invitation: Invitation
    questionnaire: Questionnaire
    now: dt.datetime
    # None until something has been submitted.
    response: Response | None = None
    answers: dict[str, Content] = field(default_factory=dict)

    @property
    def is_withdrawn(self) -> bool:
        """Withdrawn, or about somebody who has been erased and of whom nothing is taken in."""
        return (
            self.invitation.state == InvitationState.WITHDRAWN
            or self.invitation.customer.erased_at is not None
        )

    @property
    def is_expired(self) -> bool:
        return self.response is None and self.now >= self.invitation.expires_at

    @property
    def takes_late_post(self) -> bool:
        """Whoever had the page open when the link expired does not lose what they typed."""
        grace = dt.timedelta(hours=settings.RESPONSE_EDITABLE_HOURS)
        opened = self.invitation.opened_at
        return opened is not None and opened < self.invitation.expires_at > self.now - grace

    @property
    def is_editable(self) -> bool:
        return self.response is None or is_editable(self.response, self.now)

    @property
    def is_cancelling(self) -> bool:
        return (
            self.questionnaire.moment == SurveyMoment.CANCELLING
            and self.invitation.intent is not None
        )

    @property
    def is_mailed(self) -> bool:
        return self.invitation.intent_id is None


def open_link(token: str) -> Opening | None:
    """The survey behind ``token``; None where there is none, whatever is wrong with it.

    One query, a second where something has been submitted; none for what cannot be a token.
    """
    if not _TOKEN.fullmatch(token):
        return None
    invitation = (
        Invitation.objects.select_related(
            "survey_version",
            "customer",
            "contact",
            "cancellation__subscription",
            "intent",
            "response__cancellation",
        )
        .filter(token=token)
        .first()
    )
    if invitation is None:
        return None
    response = getattr(invitation, "response", None)
    if response is not None and response.submitted_at is None:
        response = None
    return Opening(
        invitation=invitation,
        questionnaire=Questionnaire.from_definition(invitation.survey_version.definition),
        now=timezone.now(),
        response=response,
        answers=_current_answers(response) if response else {},
    )


def mark_opened(opening: Opening) -> None:
    """The first moment somebody looked: the one thing that reading a page leaves behind."""
    if opening.invitation.opened_at is None:
        Invitation.objects.filter(pk=opening.invitation.pk, opened_at__isnull=True).update(
            opened_at=opening.now
        )


def _current_answers(response: Response) -> dict[str, Content]:
    answers = response.answers.current().select_related("question")
    return {answer.question.key: content_of_row(answer) for answer in answers}
