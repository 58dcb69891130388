"""Why customers leave, as the dashboard counts it, for scripts and spreadsheets."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from analytics.breakdown import COLUMNS, WEIGHTS, breakdown, check_options
from analytics.management.figures import FiguresCommand
from analytics.models import Unit
from analytics.periods import KINDS, split
from reasons.models import Perspective


class Command(FiguresCommand):
    help = _(
        "Prints losses by reason for each period: how many, which share of those with a reason, "
        "and their MRR. What is not known is counted and not spread over the reasons."
    )
    kinds = KINDS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--unit",
            default=Unit.LOSSES.value,
            metavar="|".join(Unit.values),
            help=_(
                "Losses by the day they took effect (default), or cancellations, contractions "
                "among them, by the day of the request."
            ),
        )
        parser.add_argument(
            "--weight",
            default="customers",
            metavar="|".join(WEIGHTS),
            help=_("What shares are made of: customers (default) or the MRR that is known."),
        )
        parser.add_argument(
            "--perspective",
            default=Perspective.STATED.value,
            metavar="|".join(Perspective.values),
            help=_("What customers stated (default), or what the team concluded."),
        )

    def check_arguments(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        split(arguments["first"], arguments["last"], arguments["by"])
        check_options(**{name: options[name] for name in ("unit", "weight", "perspective")})

    def print_figures(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        figures = breakdown(
            **arguments,
            **{name: options[name] for name in ("unit", "weight", "perspective")},
        )
        if options["format"] == "json":
            self.print_json(figures.as_json())
        else:
            self.print_csv(COLUMNS, figures.rows())
        self.say_unknown_mrr(figures.mrr_unknown)
