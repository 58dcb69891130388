"""What a customer's history says about the reasons of their cancellations."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from reasons.labels import reason_labels
from reasons.models import Classification, Perspective, Role


def reasons_in_words(user: Any, cancellations: Sequence[int]) -> Mapping[int, list[str]]:
    """By cancellation, its current main reasons: stated first, then what the team concluded.

    Nothing for a user who may not view classifications. Three queries.
    """
    if not cancellations or not user.has_perm("reasons.view_classification"):
        return {}
    labels = reason_labels()
    found: dict[int, list[str]] = defaultdict(list)
    given = Classification.objects.current().filter(
        cancellation__in=cancellations, role=Role.PRIMARY
    )
    for each in given.order_by("-perspective", "pk"):
        said = (
            gettext("Main reason, as stated: %(reason)s")
            if each.perspective == Perspective.STATED
            else gettext("Main reason, as the team concluded: %(reason)s")
        )
        found[each.cancellation_id].append(said % {"reason": labels[each.reason_id]})
    return found
