"""What categories, reasons and the values of dimensions are called on the pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.filters import NO, UNKNOWN, YES
from analytics.reason_table import NOT_KNOWN
from reasons.models import Avoidable, Category
from surveys.models import CancellationKind
from surveys.models.customers import BillingInterval

# Style sheet and chart take their colours by these.
CATEGORY_CLASS = {
    Category.REQUIRED_OUTCOME.value: "required-outcome",
    Category.APPROPRIATE_EXPERIENCE.value: "appropriate-experience",
    Category.CIRCUMSTANCES.value: "circumstances",
    Category.UNRESOLVED.value: "unresolved",
    NOT_KNOWN: "unknown",
    "": "unknown",
}
# In the order of the filters' bar; those after ``kind`` stand under "More filters".
DIMENSION_LABELS: dict[str, str | Promise] = {
    "plan": _("Plan"),
    "segment": _("Segment"),
    "country": _("Country"),
    "life_stage": _("Life stage"),
    "kind": _("Kind"),
    "industry": _("Industry"),
    "billing_interval": _("Billing"),
    "owner": _("Account owner"),
    "ideal": _("Ideal customer"),
    "language": _("Language"),
    "survey": _("Survey"),
    "source": _("Source"),
    "trial": _("Trial"),
    "provider_reason": _("Reason as it came in"),
    "category": _("Kind of reason"),
    "reason": _("Reason"),
}
VALUE_LABELS: dict[str, dict[str, str | Promise]] = {
    "life_stage": {"early": _("early"), "middle": _("middle"), "late": _("late")},
    "kind": {
        CancellationKind.VOLUNTARY.value: _("voluntary"),
        CancellationKind.INVOLUNTARY.value: _("involuntary"),
        CancellationKind.ADMINISTRATIVE.value: _("administrative"),
    },
    "ideal": {YES: _("yes"), NO: _("no")},
    "trial": {YES: _("never paid"), NO: _("paid")},
    "billing_interval": dict(BillingInterval.choices),
    "category": dict(Category.choices),
}


def category_label(category: str) -> str:
    """``""`` and ``not_known``: those who have not told us."""
    return str(Category(category).label) if category in Category.values else gettext("Not known")


def avoidable_label(avoidable: str) -> str:
    known = avoidable in Avoidable.values and avoidable != Avoidable.UNKNOWN
    return str(Avoidable(avoidable).label) if known else ""


def value_label(key: str, value: str, reason_names: Mapping[str, str]) -> str:
    """How a filter's value reads; a customer's own words stay as they are."""
    if value == UNKNOWN:
        return gettext("not known")
    if key == "reason":
        return reason_names.get(value, value)
    return str(VALUE_LABELS.get(key, {}).get(value, value))
