"""One pass of the ticker, for cron users and tests."""

import sys
from typing import Any

from django.utils import timezone
from tqdm import tqdm

from analytics import rollups
from reasons.services import classify_unread
from surveys.delivery.reminders import plan_reminders
from surveys.delivery.sending import OUTCOMES, send_due
from surveys.intake.losses import settle_due
from surveys.intake.webhooks.taking_in import purge_payloads
from surveys.management.one_line import OneLineCommand
from surveys.models import Invitation, Reminder

# Fewer are done before a bar could be read.
WORTH_A_BAR = 20


class Command(OneLineCommand):
    help = (
        "One pass of the ticker, for cron where no workers run: plans reminders, sends the mails "
        "that are due, counts the losses whose day has come, reads the reasons of what is unread "
        "and brings the stored counts up to date. Prints what became of the mails: sent, "
        "scheduled (to be tried again), failed, uncertain (perhaps sent, never sent again by "
        "itself), withheld, withdrawn, offered (answered before the mail went out). Safe to run "
        "beside workers and beside itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        plan_reminders(now)
        waiting = sum(model.objects.due(now).count() for model in (Invitation, Reminder))
        hidden = waiting < WORTH_A_BAR or not sys.stderr.isatty()
        with tqdm(total=waiting, unit="mail", file=sys.stderr, disable=hidden) as bar:
            outcomes = send_due(on_row=bar.update)
        lost, read = settle_due(), classify_unread()
        days = rollups.refresh()
        purge_payloads(timezone.now())
        self.stderr.write(
            f"{lost} customers settled, {read} cancellations read, {days} days counted anew."
        )
        said = [f"{outcomes[outcome]} {outcome}" for outcome in OUTCOMES if outcomes[outcome]]
        self.stdout.write(", ".join(said) or "Nothing is due.")
