"""A link, opened: whose survey it is, in which state, and what has been answered so far."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from surveys.answers import Content, content_of_row
from surveys.glance import Glance, invitation_of
from surveys.models import Invitation, InvitationState, Response, SurveyMoment
from surveys.pages.embedding import Carried
from surveys.questionnaire import AnswerValue, Questionnaire, questionnaire_of
from surveys.responses import is_editable


@dataclass(frozen=True)
class Opening:
    invitation: Invitation
    questionnaire: Questionnaire
    now: dt.datetime
    # None until something has been submitted.
    response: Response | None = None
    answers: dict[str, Content] = field(default_factory=dict)
    # What was filled in and not sent, by question key; None: an answer was taken back there.
    unsent: Mapping[str, AnswerValue] = field(default_factory=dict)
    # In which language it was filled in or answered; "" where nothing has been yet.
    spoken: str = ""
    carried: Carried = field(default_factory=Carried)

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

    @property
    def text_probe(self) -> str:
        """The question that the written answer has called for; "" for none."""
        return self.response.text_probe if self.response else ""

    @property
    def values(self) -> dict[str, AnswerValue]:
        """The answers by question key, as conditions look at them."""
        return {key: content.value for key, content in self.answers.items()}

    @property
    def first_screen(self) -> int:
        return self.questionnaire.screens[0]


def open_link(seen: Glance) -> Opening:
    """The survey behind the link. A query where something has been submitted, else none."""
    invitation = invitation_of(seen)
    response: Response | None = getattr(invitation, "response", None)
    sent = response if response is not None and response.submitted_at is not None else None
    return Opening(
        invitation=invitation,
        questionnaire=questionnaire_of(invitation.survey_version),
        now=timezone.now(),
        response=sent,
        answers=_answers_of(sent) if sent else {},
        unsent=response.unsent if response else {},
        spoken=response.language if response else "",
    )


def mark_opened(opening: Opening) -> None:
    """The first moment somebody looked: the one thing that reading a page leaves behind."""
    if opening.invitation.opened_at is None:
        Invitation.objects.filter(pk=opening.invitation.pk, opened_at__isnull=True).update(
            opened_at=opening.now
        )


def _answers_of(response: Response) -> dict[str, Content]:
    answers = response.answers.current().select_related("question")
    return {answer.question.key: content_of_row(answer) for answer in answers}
