"""``erase_subject``: a person asks to be forgotten."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from surveys.management.one_line import OneLineCommand
from surveys.privacy import UnknownSubjectError, erase_address, erase_customer


class Command(OneLineCommand):
    help = (
        "Erases a person: contact, names, every word they wrote, pending mail, payloads of "
        "webhooks. Losses, reasons and other counts stay. Prints what was erased as JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        subject = parser.add_mutually_exclusive_group(required=True)
        subject.add_argument(
            "--email",
            help="the person's address; a customer without any other contact is erased as a whole",
        )
        subject.add_argument(
            "--customer", metavar="ID", help="the customer's ID as the billing system says it"
        )

    def handle(self, *args: Any, email: str | None, customer: str | None, **options: Any) -> None:
        try:
            if email is not None:
                erasure = erase_address(email=email)
            else:
                erasure = erase_customer(external_id=customer or "")
        except UnknownSubjectError as error:
            what = "address" if email is not None else "customer ID"
            raise CommandError(f"Nobody here has the {what} {str(error)!r}.") from error
        self.stdout.write(json.dumps({"customers": erasure.customers, **erasure.counts}))
