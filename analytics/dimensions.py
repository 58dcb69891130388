"""Losses and cancellations with every dimension of the stored counts beside them, as SQL.

Both functions return querysets annotated with ``in_<dimension>`` for each of ``DIMENSIONS``, never
NULL, and with ``in_mrr`` (reporting currency, NULL where it is not known). This is the one place
that says what is counted and by what; stored counts and churn rates are both made from it.
"""

from typing import TypeVar

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    DateField,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import (
    Coalesce,
    ExtractDay,
    ExtractMonth,
    ExtractYear,
    TruncDate,
)
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from analytics.filters import LIFE_STAGES, NO, YES
from reasons.models import Category, Role
from surveys.calendar import organisation_zone
from surveys.models import Cancellation, CancellationKind, Loss, PaidSpan, Response
from surveys.models.cancellations import CancellationQuerySet
from surveys.models.losses import LossQuerySet

DIMENSIONS = (
    "day",
    "reason",
    "category",
    "plan",
    "segment",
    "industry",
    "country",
    "billing_interval",
    "life_stage",
    "owner",
    "ideal",
    "kind",
    "survey",
    "language",
    "source",
    "trial",
    "provider_reason",
    "avoidable",
)
# The columns of a customer behind the dimensions that are copied as they stand.
ATTRIBUTES = {
    "plan": "plan",
    "segment": "segment",
    "industry": "industry",
    "country": "country",
    "billing_interval": "billing_interval",
    "owner": "account_owner",
    "language": "language",
}
EMPTY = Value("")

Rows = TypeVar("Rows", LossQuerySet, CancellationQuerySet)


def losses(perspective: str) -> LossQuerySet:
    """Losses of all but test customers, those that never paid too (``in_trial`` is "yes").

    Dated by the effective end; plan, segment and so on as they were frozen on the loss.
    """
    rows: LossQuerySet = Loss.objects.filter(customer__is_test=False)
    return _with_reason(rows, "cancellation__classifications", perspective).annotate(
        in_day=F("lost_on"),
        in_ideal=_yes_no("ideal"),
        in_kind=F("kind"),
        in_trial=Case(When(not_converted=True, then=Value(YES)), default=Value(NO)),
        in_life_stage=_life_stage(F("months")),
        in_survey=_survey(OuterRef("cancellation_id")),
        in_source=Coalesce(F("cancellation__source"), EMPTY),
        in_provider_reason=Coalesce(F("cancellation__provider_reason"), EMPTY),
        in_mrr=F("mrr_reporting"),
        **{f"in_{name}": F(column) for name, column in ATTRIBUTES.items()},
    )


def cancellations(perspective: str) -> CancellationQuerySet:
    """Cancellations that were not taken back, of all but test customers; administrative never.

    Dated by the request. Plan, segment and so on as frozen on the loss or contraction that
    followed; before that, as they are now: what will be frozen.
    """
    asked_on = TruncDate("requested_at", tzinfo=organisation_zone())
    rows = (
        Cancellation.objects.counted()
        .exclude(kind=CancellationKind.ADMINISTRATIVE)
        .annotate(in_day=asked_on)
    )
    return _with_reason(rows, "classifications", perspective).annotate(
        in_ideal=Case(
            When(loss__isnull=False, then=_yes_no("loss__ideal")),
            When(contraction__isnull=False, then=_yes_no("contraction__ideal")),
            default=_yes_no("customer__ideal"),
        ),
        in_kind=F("kind"),
        in_trial=Case(
            When(loss__not_converted=True, then=Value(YES)),
            When(Q(loss__isnull=False) | Q(contraction__isnull=False), then=Value(NO)),
            When(Q(subscription__is_trial=True) | Q(subscription__mrr=0), then=Value(YES)),
            default=Value(NO),
        ),
        in_life_stage=_life_stage(
            Case(
                When(loss__isnull=False, then=F("loss__months")),
                When(contraction__isnull=False, then=F("contraction__months")),
                When(subscription__start_known=True, then=_months_until_request()),
                default=None,
                output_field=IntegerField(),
            )
        ),
        in_survey=_survey(OuterRef("pk")),
        in_source=F("source"),
        in_provider_reason=F("provider_reason"),
        in_mrr=_frozen("mrr_reporting", F("subscription__mrr_reporting")),
        **{
            f"in_{name}": _frozen(column, _current(name, column))
            for name, column in ATTRIBUTES.items()
        },
    )


def _with_reason(rows: Rows, path: str, perspective: str) -> Rows:
    """The one current primary reason of this perspective, as it is counted."""
    stands = Q(given__isnull=False) & (
        Q(given__response__isnull=True) | Q(given__response__is_test=False)
    )
    return rows.annotate(
        given=FilteredRelation(
            path,
            condition=Q(
                **{
                    f"{path}__is_current": True,
                    f"{path}__role": Role.PRIMARY,
                    f"{path}__perspective": perspective,
                }
            ),
        )
    ).annotate(
        in_reason=Case(
            When(stands, then=F("given__reason__code")),
            default=EMPTY,
            output_field=CharField(),
        ),
        in_category=Case(
            # Nothing is guessed away: what still needs a probe is counted as unresolved.
            When(stands & Q(given__needs_probe=True), then=Value(Category.UNRESOLVED.value)),
            When(stands, then=F("given__reason__category")),
            default=EMPTY,
            output_field=CharField(),
        ),
        in_avoidable=Case(
            When(stands & ~Q(given__avoidable=""), then=F("given__avoidable")),
            When(stands, then=F("given__reason__avoidable")),
            default=EMPTY,
            output_field=CharField(),
        ),
    )


def _yes_no(column: str) -> Case:
    return Case(
        When(**{column: True}, then=Value(YES)),
        When(**{column: False}, then=Value(NO)),
        default=EMPTY,
    )


def _life_stage(months: Combinable) -> Case:
    """By ``settings.LIFE_STAGE_MONTHS``: where the early stage ends, where the late begins.

    Empty where nobody has said when the span began.
    """
    early, middle, late = LIFE_STAGES
    middle_from, late_from = settings.LIFE_STAGE_MONTHS
    return Case(
        When(LessThan(months, middle_from), then=Value(early)),
        When(LessThan(months, late_from), then=Value(middle)),
        When(GreaterThanOrEqual(months, late_from), then=Value(late)),
        default=EMPTY,
    )


def _frozen(column: str, current: Combinable) -> Case:
    return Case(
        When(loss__isnull=False, then=F(f"loss__{column}")),
        When(contraction__isnull=False, then=F(f"contraction__{column}")),
        default=current,
    )


def _current(name: str, column: str) -> Combinable:
    if name not in ("plan", "billing_interval"):
        return F(f"customer__{column}")
    # As a loss freezes them: the subscription's own, else the customer's.
    return Case(
        When(~Q(**{f"subscription__{column}": ""}), then=F(f"subscription__{column}")),
        default=F(f"customer__{column}"),
    )


def _survey(cancellation: OuterRef) -> Coalesce:
    """The key of the survey that was answered about it; the latest, should there be several."""
    answered = Response.objects.submitted().filter(cancellation=cancellation, is_test=False)
    newest = answered.order_by("-submitted_at", "-pk").values("survey_version__survey__key")
    return Coalesce(Subquery(newest[:1]), EMPTY)


def _months_until_request() -> Combinable:
    """Whole months from the start of the unbroken span to the request, for the organisation.

    As ``surveys.calendar.months_between``; a subscription that never was in a paid span (a
    trial) counts from its own start.
    """
    asked_on = F("in_day")
    spans = PaidSpan.objects.filter(
        customer=OuterRef("customer"), started_on__lte=OuterRef("in_day")
    )
    start = Coalesce(
        Subquery(spans.order_by("-started_on").values("started_on")[:1]),
        F("subscription__started_on"),
        output_field=DateField(),
    )
    return (
        (ExtractYear(asked_on) - ExtractYear(start)) * 12
        + ExtractMonth(asked_on)
        - ExtractMonth(start)
        - Case(
            When(LessThan(ExtractDay(asked_on), ExtractDay(start)), then=Value(1)),
            default=Value(0),
        )
    )
