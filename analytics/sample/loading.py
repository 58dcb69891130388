"""Runs the sample company through the real pipeline: recording, forms, classification, counts.

Invitations of the past are marked as sent without a mail (history is not written to); those of
the last days stay due, so that the ticker sends them and somebody can answer one.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from analytics import rollups
from analytics.sample.answers import Respondents
from analytics.sample.company import FRESH, Account, Departure, made_up_company
from analytics.sample.story import CONNECTOR_BROKE_DAYS_AGO
from reasons.services import classify_unread
from surveys.answers import content_of_row
from surveys.delivery.scheduling import schedule_for_cancellation
from surveys.intake.accounts import record_customer, record_subscription
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.losses import settle_customers
from surveys.intake.recording import record_cancellation, record_intent
from surveys.models import Cancellation, Invitation, InvitationState
from surveys.pages.forms import ScreenForm
from surveys.questionnaire import Questionnaire
from surveys.responses import save_screen

SOURCE = "sample"
BATCH = 200
ANSWER_RATE = 0.6


class SampleCompany:
    """Loads ``customers`` accounts of ``months`` months; ``progress`` is called once an account."""

    def __init__(
        self, *, customers: int, months: int, seed: int, now: dt.datetime | None = None
    ) -> None:
        self.now = now or timezone.now()
        self.customers, self.months, self.seed = customers, months, seed
        self._random = np.random.default_rng([seed, 1])
        self._respondents = Respondents(self._random)
        self._questionnaires: dict[int, Questionnaire] = {}

    def load(self, progress: Callable[[], object] = lambda: None) -> None:
        accounts = made_up_company(
            customers=self.customers, months=self.months, seed=self.seed, now=self.now
        )
        for batch in _batched(accounts, BATCH):
            with transaction.atomic():
                self._load_batch(batch, progress)
        while classify_unread():
            pass
        rollups.refresh()

    def _load_batch(self, batch: list[Account], progress: Callable[[], object]) -> None:
        settled = []
        for account in batch:
            if account.departure is None:
                customer, _ = record_customer(facts=_customer(account))
                record_subscription(customer=customer, source=SOURCE, facts=_subscription(account))
                settled.append(customer.pk)
            else:
                self._leave(account, account.departure)
            progress()
        settle_customers(settled)

    def _leave(self, account: Account, departure: Departure) -> None:
        asked_while_cancelling = departure.kind == "voluntary" and self._chance(0.25)
        intent_id = ""
        if asked_while_cancelling:
            intent_id = f"intent-{account.number}"
            offered = record_intent(
                source=SOURCE,
                external_id=intent_id,
                customer=_customer(account),
                subscription=_subscription(account),
                opened_at=departure.requested_at,
            ).invitation
            if offered and self._chance(ANSWER_RATE + 0.1):
                self._answer(offered, account, departure, dt.timedelta(minutes=1))
        cancellation = record_cancellation(
            source=SOURCE,
            external_id=f"cancel-{account.number}",
            customer=_customer(account),
            subscription=_subscription(account),
            kind=departure.kind,
            requested_at=departure.requested_at,
            effective_on=departure.effective_on,
            provider_reason="payment_failed" if departure.kind == "involuntary" else "",
            intent_external_id=intent_id,
            invite=False,
        ).row
        if not asked_while_cancelling:
            self._mail_and_answer(cancellation, account, departure)

    def _mail_and_answer(
        self, cancellation: Cancellation, account: Account, departure: Departure
    ) -> None:
        invitation = schedule_for_cancellation(cancellation, now=departure.requested_at)
        if invitation is None or invitation.state != InvitationState.SCHEDULED:
            return
        if departure.requested_at > self.now - FRESH:
            return
        sent_at = departure.requested_at + dt.timedelta(minutes=settings.INVITATION_DELAY_MINUTES)
        Invitation.objects.filter(pk=invitation.pk).update(
            state=InvitationState.SENT, sent_at=sent_at, created_at=departure.requested_at
        )
        if self._chance(ANSWER_RATE):
            self._answer(
                invitation, account, departure, dt.timedelta(hours=self._random.exponential(14))
            )

    def _answer(
        self, invitation: Invitation, account: Account, departure: Departure, after: dt.timedelta
    ) -> None:
        answered_at = min(invitation.not_before + after, self.now)
        broke = (self.now - departure.requested_at).days <= CONNECTOR_BROKE_DAYS_AGO
        first = self._respondents.first_screen(
            reason=departure.reason, language=account.language, connector_broke=broke
        )
        Invitation.objects.filter(pk=invitation.pk).update(opened_at=answered_at)
        if not self._send(invitation, 1, first, answered_at):
            return
        second = self._respondents.second_screen(
            reason=departure.reason,
            first=first,
            language=account.language,
            connector_broke=broke,
        )
        if second:
            self._send(invitation, 2, second, answered_at + dt.timedelta(seconds=40))

    def _send(
        self,
        invitation: Invitation,
        screen: int,
        said: dict[str, str | list[str]],
        now: dt.datetime,
    ) -> bool:
        """Post a screen through its form, as the page does; False where the form refuses it."""
        questionnaire = self._questionnaire(invitation)
        saved = {}
        if screen == 2:
            saved = {
                answer.question.key: content_of_row(answer)
                for answer in invitation.response.answers.current().select_related("question")
            }
        form = ScreenForm(
            MultiValueDict(
                {
                    f"{ScreenForm.prefix}-{key}": value if isinstance(value, list) else [value]
                    for key, value in said.items()
                }
            ),
            questionnaire=questionnaire,
            screen=screen,
            language=invitation.language,
            seed=invitation.token,
            saved=saved,
        )
        if not form.is_valid():
            return False
        invitation.response = save_screen(
            invitation=invitation,
            screen=screen,
            answers=form.answers(),
            displayed=form.displayed,
            language=invitation.language,
            now=now,
        )
        return True

    def _questionnaire(self, invitation: Invitation) -> Questionnaire:
        key = invitation.survey_version_id
        if key not in self._questionnaires:
            self._questionnaires[key] = Questionnaire.from_definition(
                invitation.survey_version.definition
            )
        return self._questionnaires[key]

    def _chance(self, probability: float) -> bool:
        return bool(self._random.random() < probability)


def _customer(account: Account) -> CustomerFacts:
    return CustomerFacts(
        external_id=account.external_id,
        name=account.name,
        plan=account.plan,
        segment=account.segment,
        industry=account.industry,
        country=account.country,
        billing_interval=account.billing_interval,
        account_owner=account.account_owner,
        ideal=account.ideal,
        time_zone=account.time_zone,
        language=account.language,
        contact_email=account.email,
        contact_language=account.language,
    )


def _subscription(account: Account) -> SubscriptionFacts:
    return SubscriptionFacts(
        external_id=f"sub-{account.number}",
        plan=account.plan,
        billing_interval=account.billing_interval,
        mrr=account.mrr,
        currency=settings.REPORTING_CURRENCY,
        started_on=account.started_on,
    )


def _batched(accounts: Iterable[Account], size: int) -> Iterator[list[Account]]:
    waiting = iter(accounts)
    while batch := list(islice(waiting, size)):
        yield batch
