"""What reasons are called, in the reader's language."""

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language

from reasons.models import Category, Reason, ReasonText


def reason_labels(language: str | None = None) -> dict[int, str]:
    """Labels by a reason's key; in ``language`` (the active one), else as the reason has it."""
    labels = dict(Reason.objects.values_list("pk", "label"))
    language = language or get_language() or ""
    labels.update(ReasonText.objects.filter(language=language).values_list("reason_id", "label"))
    return labels


def grouped_choices(
    reasons: Iterable[Reason], labels: Mapping[int, str]
) -> list[tuple[str, list[tuple[int, str]]]]:
    """Choices of a select, grouped by category in the order of ``Category``."""
    by_category: dict[str, list[tuple[int, str]]] = {}
    for reason in reasons:
        by_category.setdefault(reason.category, []).append((reason.pk, labels[reason.pk]))
    return [
        (str(category.label), by_category[category])
        for category in Category
        if category in by_category
    ]
