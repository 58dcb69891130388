"""The field "Means" of the survey editor: which reason a choice stands for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reasons.labels import grouped_choices, reason_labels
from reasons.models import Category, ChoiceMapping, Reason
from surveys.models import QuestionRole

ROLES = (QuestionRole.REASON, QuestionRole.PROBE, QuestionRole.CONTRIBUTING)
PERMISSIONS = tuple(f"reasons.{action}_choicemapping" for action in ("add", "change", "delete"))


class MeaningField:
    """Implements ``surveys.registries.ChoiceField``; a value is a reason's primary key."""

    name = "means"

    def applies_to(self, role: str) -> bool:
        return role in ROLES

    def may_change(self, user: Any) -> bool:
        return bool(user.has_perms(PERMISSIONS))

    def form_field(self) -> forms.Field:
        """Reasons in use, by category; those that still need a follow-up say so. Two queries."""
        reasons = list(Reason.objects.filter(is_retired=False))
        labels = _labels_with_hints(reasons)
        return forms.ChoiceField(
            label=_("Means"),
            required=False,
            choices=[("", gettext("– nothing chosen –")), *grouped_choices(reasons, labels)],
            help_text=_(
                "The reason that is counted for this choice. It holds for every version of this "
                "survey, for answers that are in already too: they are read again."
            ),
        )

    def values(self, survey: str, question: str) -> dict[str, str]:
        """One query. A reason that is retired is shown as nothing chosen."""
        rows = ChoiceMapping.objects.filter(
            survey_key=survey, question_key=question, reason__is_retired=False
        )
        return {row.choice_key: str(row.reason_id) for row in rows}

    def in_words(self, survey: str) -> dict[tuple[str, str], str]:
        """Three queries."""
        rows = list(ChoiceMapping.objects.filter(survey_key=survey).select_related("reason"))
        labels = _labels_with_hints([row.reason for row in rows])
        return {(row.question_key, row.choice_key): labels[row.reason_id] for row in rows}

    @transaction.atomic
    def save(self, *, survey: str, question: str, values: Mapping[str, str]) -> int:
        """Only what differs is written, because each change has past answers read again.

        ValueError where a value is no reason's key.
        """
        before = self.values(survey, question)
        changed = {key: value for key, value in values.items() if before.get(key, "") != value}
        for choice, value in changed.items():
            names: dict[str, Any] = {
                "survey_key": survey,
                "question_key": question,
                "choice_key": choice,
            }
            if value:
                reason = Reason.objects.filter(pk=int(value)).first()
                if reason is None:
                    raise ValueError(f"There is no reason {value}.")
                ChoiceMapping.objects.update_or_create(**names, defaults={"reason": reason})
            else:
                for row in ChoiceMapping.objects.filter(**names):
                    row.delete()
        return len(changed)


def _labels_with_hints(reasons: list[Reason]) -> dict[int, str]:
    labels: Mapping[int, str] = reason_labels()
    hint = gettext("%(reason)s (needs a follow-up)")
    return {
        reason.pk: hint % {"reason": labels[reason.pk]}
        if reason.category == Category.UNRESOLVED
        else labels[reason.pk]
        for reason in reasons
    }
