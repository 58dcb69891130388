"""The trained model as the database keeps it: every worker has the same, and none a file.

A model learns from the shipped corpus and from analysts' corrections. Which corrections it has
learned from stands in its figures, so that an erasure can tell whose words are in it.
"""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.db.models import Max

from reasons.classify import Example, TrainedModel, load_corpus
from reasons.corrections_learned import LearnedCorrection, corrections_to_learn_from
from reasons.models import ClassifierVersion

logger = logging.getLogger(__name__)

CORPUS = Path(__file__).with_name("corpus")
DEFAULT_SEED = 0
# Under this name in the figures: keys of the cancellations whose corrections were learned.
LEARNED = "learned_from_cancellations"
# Two trainings that end at once want the same number; the second takes the next.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class StoredModel:
    """The model in use, with the key and number of its row."""

    pk: int
    number: int
    trained: TrainedModel


_loaded: StoredModel | None = None
_lock = threading.Lock()


def current_model() -> StoredModel | None:
    """The model in use, None where none is stored. One small query; the arrays are read once."""
    global _loaded  # noqa: PLW0603  (one model a process, shared by its threads)
    in_use = ClassifierVersion.objects.filter(is_current=True)
    row = in_use.values_list("pk", "number").first()
    if row is None:
        return None
    loaded = _loaded
    if loaded is not None and (loaded.pk, loaded.number) == row:
        return loaded
    with _lock:
        arrays = in_use.filter(pk=row[0]).values_list("arrays", flat=True).first()
        if arrays is None:
            return None
        _loaded = StoredModel(row[0], row[1], TrainedModel.from_bytes(bytes(arrays)))
        return _loaded


def model_or_refusal() -> TrainedModel:
    """The model in use, for a command. CommandError, saying what to do, where none is stored."""
    stored = current_model()
    if stored is None:
        raise CommandError(
            "No model is stored. Run 'python manage.py setup_defaults', which trains one."
        )
    return stored.trained


def training_examples() -> tuple[list[Example], list[LearnedCorrection]]:
    """The shipped corpus, and what analysts have corrected since."""
    return load_corpus(CORPUS), list(corrections_to_learn_from())


def train_and_store(
    *, seed: int = DEFAULT_SEED, figures: dict[str, Any] | None = None
) -> ClassifierVersion:
    """Train on corpus and corrections, store as a new version and put it in use.

    The same seed and examples give the same model. Training takes tens of seconds and happens
    outside of any transaction of ours.
    """
    corpus, corrections = training_examples()
    model = TrainedModel.train([*corpus, *(each.example for each in corrections)], seed)
    return store(
        model,
        figures={
            **(figures or {}),
            "seed": seed,
            "examples": len(corpus),
            "corrections": len(corrections),
            LEARNED: sorted(each.cancellation for each in corrections),
        },
    )


def store(model: TrainedModel, *, figures: dict[str, Any]) -> ClassifierVersion:
    """Store ``model`` as the newest version and promote it."""
    arrays = model.to_bytes()
    for attempt in range(ATTEMPTS):
        newest = ClassifierVersion.objects.aggregate(number=Max("number"))["number"] or 0
        try:
            with transaction.atomic():
                ClassifierVersion.objects.filter(is_current=True).update(is_current=False)
                return ClassifierVersion.objects.create(
                    number=newest + 1, arrays=arrays, figures=figures, is_current=True
                )
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("not reached")


def train_where_missing(*, seed: int = DEFAULT_SEED) -> ClassifierVersion | None:
    """Train and store a model unless one is in use; None where one is."""
    if ClassifierVersion.objects.filter(is_current=True).exists():
        return None
    return train_and_store(seed=seed)


def forget_models_that_read(cancellation_ids: Iterable[int]) -> int:
    """Delete the models that learned from corrections of these cancellations; how many.

    Words of theirs may stand in such a model's vocabulary. Classifications outlive the model.
    """
    erased = set(cancellation_ids)
    touched = [
        pk
        for pk, figures in ClassifierVersion.objects.values_list("pk", "figures")
        if erased.intersection(figures.get(LEARNED, ()))
    ]
    ClassifierVersion.objects.filter(pk__in=touched).delete()
    return len(touched)
