"""Brings the stored counts up to date, or makes them anew."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from tqdm import tqdm

from analytics import rollups
from analytics.management.figures import day_of
from surveys.intake.losses import settle_due
from surveys.management.one_line import OneLineCommand


class Command(OneLineCommand):
    help = _(
        "Brings the stored counts up to date: rebuilds the days on which something has changed. "
        "After a change of the organisation's time zone or of the life stages, --rebuild."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help=_("Count every day anew, changed or not.")
        )
        parser.add_argument(
            "--since",
            metavar="D",
            help=_("Count anew from this day on, 2026-01-31 (says --rebuild by itself)."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = day_of(options["since"], "--since") if options["since"] else None
        settle_due()
        # Drawn on a terminal only, and on standard error.
        with tqdm(unit=_("days"), disable=None, leave=False) as bar:

            def progress(done: int, todo: int) -> None:
                bar.total = todo
                bar.update(done - bar.n)

            if options["rebuild"] or since:
                days = rollups.rebuild(since, progress=progress)
            else:
                days = rollups.refresh(progress=progress)
        moment = rollups.as_of()
        self.stdout.write(
            _("Days counted: %(days)d. Up to date as of %(moment)s.")
            % {
                "days": days,
                "moment": date_format(localtime(moment), "Y-m-d H:i:s") if moment else "-",
            }
        )
