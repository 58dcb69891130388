"""News from surveys and from our own tables. Receivers mark rows or enqueue, nothing else."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from reasons.models import ChoiceMapping, ProviderMapping
from reasons.services import read_again
from reasons.tasks import classify_unread
from surveys.models import Cancellation, Response
from surveys.nudge import Nudge
from surveys.signals import cancellation_changed, response_submitted

reading = Nudge(classify_unread)


@receiver(response_submitted)
def response_was_submitted(sender: object, response: Response, **kwargs: Any) -> None:
    if response.cancellation_id is not None:
        reading.after_commit()


@receiver(cancellation_changed)
def cancellation_has_changed(sender: object, **kwargs: Any) -> None:
    reading.after_commit()


@receiver([post_save, post_delete], sender=ChoiceMapping)
def choice_means_something_else(sender: object, instance: ChoiceMapping, **kwargs: Any) -> None:
    read_again(
        Cancellation.objects.filter(
            responses__survey_version__survey__key=instance.survey_key,
            responses__answers__question__key=instance.question_key,
        )
    )


@receiver([post_save, post_delete], sender=ProviderMapping)
def code_means_something_else(sender: object, instance: ProviderMapping, **kwargs: Any) -> None:
    read_again(
        Cancellation.objects.filter(
            source=instance.source, provider_reason=instance.provider_reason
        )
    )
