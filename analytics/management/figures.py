"""What the commands that print figures have in common: dates, filters, formats, one-line errors."""

import abc
import csv
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from analytics import rollups
from analytics.breakdown import OptionError
from analytics.filters import KEYS, FilterError, Filters
from analytics.periods import PeriodError
from surveys.csv_safety import safe_row
from surveys.intake.losses import settle_due
from surveys.management.one_line import OneLineCommand

FORMATS = ("csv", "json")


def day_of(text: str, option: str) -> dt.date:
    """A date as ``2026-10-31``; CommandError names the option and what was found."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            _("%(option)s: found “%(found)s”, expected a date such as 2026-10-31.")
            % {"option": option, "found": text}
        ) from None


class FiguresCommand(OneLineCommand, abc.ABC):
    """Prints figures of stored counts that it first brings up to date.

    Standard output carries the result alone; bad input gives one line on standard error.
    """

    kinds: Sequence[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="first", required=True, metavar="D", help=_("First day, 2026-01-31.")
        )
        parser.add_argument(
            "--to", dest="last", required=True, metavar="D", help=_("Last day, included.")
        )
        parser.add_argument(
            "--by",
            default="month",
            metavar="|".join(self.kinds),
            help=_(
                "Kind of period (default: month). The first and the last are clipped to --from "
                "and --to."
            ),
        )
        parser.add_argument(
            "--filter",
            dest="filters",
            nargs="+",
            action="extend",
            default=[],
            metavar="KEY=VALUE",
            help=_(
                "Count only these; a key that is given again means any of its values, “unknown” "
                "what nobody has told us. Trials that never paid count only with trial=yes. "
                "Keys: %s."
            )
            % ", ".join(KEYS),
        )
        parser.add_argument(
            "--format",
            default="csv",
            choices=FORMATS,
            help=_("Default: csv."),
        )

    def period(self, options: dict[str, Any]) -> dict[str, Any]:
        """The keyword arguments ``first``, ``last``, ``by`` and ``filters``."""
        return {
            "first": day_of(options["first"], "--from"),
            "last": day_of(options["last"], "--to"),
            "by": options["by"],
            "filters": Filters.parse(options["filters"]),
        }

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            arguments = self.period(options)
            self.check_arguments(arguments, options)
            settle_due()
            rollups.refresh()
            self.print_figures(arguments, options)
        except (FilterError, PeriodError, OptionError) as error:
            raise CommandError(str(error)) from error

    def check_arguments(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        """Refuse what makes no sense before anything is counted."""

    @abc.abstractmethod
    def print_figures(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        """Count with ``arguments`` and write the result to standard output."""

    def print_json(self, figures: Any) -> None:
        self.stdout.write(json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False))

    def print_csv(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Every cell formula-safe: plans, sources and the like are what others typed."""
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(safe_row(row) for row in rows)

    def say_unknown_mrr(self, unknown: int) -> None:
        if unknown:
            self.stderr.write(
                _("Amounts are sums of what is known: MRR is not known %d times.") % unknown
            )
