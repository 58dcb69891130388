"""``load_sample``: a made-up company whose answers go through the real pipeline."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from analytics.sample.loading import SOURCE, SampleCompany
from reasons.models import Reason
from surveys.management.one_line import OneLineCommand
from surveys.models import Cancellation, Customer, Loss, Response, Subscription, Survey


class Command(OneLineCommand):
    help = (
        "Loads Lindenpost, a made-up newsletter software: its customers, who of them left, and "
        "what they answered in English and Chinese. All addresses end in example.com. The same "
        "seed gives the same company."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=3000, help="how many (default 3000)")
        parser.add_argument("--months", type=int, default=24, help="of history (default 24)")
        parser.add_argument("--seed", type=int, default=7, help="of the chance (default 7)")

    def handle(self, *args: Any, customers: int, months: int, seed: int, **options: Any) -> None:
        if not 1 <= customers <= 100_000:
            raise CommandError(f"--customers: found {customers}, expected 1 to 100000.")
        if not 1 <= months <= 120:
            raise CommandError(f"--months: found {months}, expected 1 to 120.")
        if not Survey.objects.exists() or not Reason.objects.exists():
            raise CommandError("There are no surveys or reasons yet: run setup_defaults first.")
        if Subscription.objects.filter(source=SOURCE).exists():
            raise CommandError("The sample company is there already; it is loaded once.")
        if Customer.objects.exists():
            raise CommandError(
                "There are customers already, and a made-up company would falsify their figures. "
                "Name an empty database in DATABASE_URL."
            )
        with tqdm(total=customers, unit="customers", disable=None) as bar:
            SampleCompany(customers=customers, months=months, seed=seed).load(bar.update)
        self.stderr.write(
            f"{customers} customers, {Cancellation.objects.count()} cancellations, "
            f"{Loss.objects.counted().count()} losses, "
            f"{Response.objects.submitted().count()} responses."
        )
