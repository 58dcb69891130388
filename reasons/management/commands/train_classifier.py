"""``train_classifier``: trains the built-in model anew and puts it in use."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from reasons.classify import CorpusError, cross_validated
from reasons.model_store import DEFAULT_SEED, train_and_store, training_examples
from surveys.management.one_line import OneLineCommand


class Command(OneLineCommand):
    help = (
        "Trains the model on the shipped corpus and on analysts' corrections, stores it as a new "
        "version and puts it in use: every worker has it with its next answer. Prints "
        "cross-validated figures, in the form of evaluate_classifier. What was read before stays "
        "as it was read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed",
            type=int,
            default=DEFAULT_SEED,
            help="the same seed and examples give the same model (default: %(default)s)",
        )
        parser.add_argument(
            "--no-figures",
            action="store_true",
            help="leave out the cross-validation, which takes five times as long as the training",
        )

    def handle(self, *args: Any, seed: int, no_figures: bool, **options: Any) -> None:
        if seed < 0:
            raise CommandError(f"--seed: found {seed}, expected 0 or more.")
        try:
            figures = {} if no_figures else self._figures(seed)
            self._progress("Training ...")
            version = train_and_store(seed=seed, figures=figures)
        except CorpusError as error:
            raise CommandError(str(error)) from error
        self._progress(f"Version {version.number} is in use.")
        self.stdout.write(json.dumps({"version": version.number, **figures}))

    def _figures(self, seed: int) -> dict[str, Any]:
        corpus, corrections = training_examples()
        self._progress("Cross-validating ...")
        return cross_validated([*corpus, *(each.example for each in corrections)], seed)

    def _progress(self, line: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(line)
