"""Published versions are frozen: neither they nor their rows can be saved or deleted.

Connected in ``SurveysConfig.ready``. ``QuerySet.update`` and the ``bulk_`` methods send no
signals; nothing in this project uses them on these tables after publication.
"""

from typing import Any

from django.db.models import Model, Q
from django.db.models.signals import pre_delete, pre_save

from surveys.models import (
    Choice,
    ChoiceText,
    Condition,
    Question,
    QuestionText,
    Survey,
    SurveyVersion,
    VersionText,
)


class FrozenVersionError(Exception):
    """An attempt to change what has been published. Make a new version instead."""


# From a row to its version: the row's own field and the rest of the way, and the way back.
_WAYS: dict[type[Model], tuple[str, str, str]] = {
    VersionText: ("version_id", "pk", "texts"),
    Question: ("version_id", "pk", "questions"),
    QuestionText: ("question_id", "questions", "questions__texts"),
    Choice: ("question_id", "questions", "questions__choices"),
    ChoiceText: ("choice_id", "questions__choices", "questions__choices__texts"),
    Condition: ("question_id", "questions", "questions__conditions"),
}


def refuse_change(sender: type[Model], instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Receiver of pre_save and pre_delete. One query; a fixture being loaded passes."""
    if raw:
        return
    if sender is SurveyVersion:
        touched = Q(pk=instance.pk)
    else:
        own_field, onwards, back = _WAYS[sender]
        # Both where the row is to stand and where it stood: it may not be moved out either.
        touched = Q(**{onwards: getattr(instance, own_field)})
        if instance.pk is not None:
            touched |= Q(**{back: instance.pk})
    published = SurveyVersion.objects.filter(touched, published_at__isnull=False)
    version = published.select_related("survey").first()
    if version is not None:
        raise FrozenVersionError(
            f"{version} is published and cannot be changed: make a new version."
        )


def refuse_new_key(sender: type[Model], instance: Survey, raw: bool = False, **kw: Any) -> None:
    """Receiver of pre_save: a survey with a published version keeps its key and its moment."""
    if raw or instance.pk is None:
        return
    published = Survey.objects.filter(pk=instance.pk, versions__published_at__isnull=False)
    before = published.values_list("key", "moment").first()
    if before is not None and before != (instance.key, instance.moment):
        raise FrozenVersionError(
            f"Survey {before[0]} has been published: its key and its moment cannot change."
        )


def connect() -> None:
    """Set the guards up; doing so twice changes nothing."""
    guarded: list[type[Model]] = [SurveyVersion, *_WAYS]
    for model in guarded:
        name = f"surveys.frozen.{model.__name__}"
        pre_save.connect(refuse_change, sender=model, dispatch_uid=name)
        pre_delete.connect(refuse_change, sender=model, dispatch_uid=name)
    pre_save.connect(refuse_new_key, sender=Survey, dispatch_uid="surveys.frozen.Survey")
