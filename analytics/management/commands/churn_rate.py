"""Which part of the customers, and of their MRR, is lost in each period."""

from typing import Any

from django.utils.translation import gettext as _

from analytics.management.figures import FiguresCommand
from analytics.rates import COLUMNS, KINDS, churn_rate


class Command(FiguresCommand):
    help = _(
        "Prints, for each period, the customers at its start, those of them not running at its "
        "end (lost), those won and lost inside it (lost_new), and the same in MRR. Administrative "
        "ends are not lost. The filters reason, category, provider_reason, survey, kind and "
        "source restrict who counts as lost, not whom the rate is out of."
    )
    kinds = KINDS

    def print_figures(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        rates = churn_rate(**arguments)
        if options["format"] == "json":
            self.print_json([each.as_json() for each in rates])
        else:
            self.print_csv(COLUMNS, (each.row() for each in rates))
        self.say_unknown_mrr(sum(each.mrr_at_start_unknown for each in rates))
