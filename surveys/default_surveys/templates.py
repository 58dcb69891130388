"""The surveys that a team can start from, and which of them every installation begins with."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.default_surveys.structure import SURVEYS, Asked
from surveys.models import SurveyMoment


@dataclass(frozen=True)
class Template:
    """``name`` and ``description`` are translated where they are shown.

    ``is_installed``: set up, published and routed to from the beginning.
    """

    key: str
    name: Promise
    description: Promise
    moment: SurveyMoment
    is_installed: bool = False

    @property
    def questions(self) -> tuple[Asked, ...]:
        return SURVEYS[self.key]

    @property
    def is_mailed(self) -> bool:
        """Otherwise it is shown on the vendor's cancel page and needs no mail."""
        return self.moment == SurveyMoment.LEFT


TEMPLATES = (
    Template(
        "exit",
        _("Exit survey"),
        _("By mail, to customers who have cancelled: why did they leave?"),
        SurveyMoment.LEFT,
        is_installed=True,
    ),
    Template(
        "cancellation",
        _("Cancellation survey"),
        _("On your cancel page, while customers are cancelling; they can always skip it."),
        SurveyMoment.CANCELLING,
        is_installed=True,
    ),
    Template(
        "downgrade",
        _("Downgrade survey"),
        _("By mail, to customers who stay but gave up a part: a larger plan, or one of several."),
        SurveyMoment.LEFT,
    ),
    Template(
        "trial_ended",
        _("Trial survey"),
        _("By mail, to those whose trial ended and who did not go on: what kept them from it?"),
        SurveyMoment.LEFT,
    ),
    Template(
        "payment_failed",
        _("Failed payment survey"),
        _("By mail, where a payment failed: did they mean to leave, or would they like to go on?"),
        SurveyMoment.LEFT,
    ),
)
TEMPLATE_OF = {template.key: template for template in TEMPLATES}
INSTALLED = tuple(template for template in TEMPLATES if template.is_installed)
