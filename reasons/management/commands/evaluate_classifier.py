"""``evaluate_classifier``: how well the model in use reads labelled answers."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from reasons.classify import CorpusError, Reading, figures, load_labelled
from reasons.model_store import model_or_refusal
from surveys.management.one_line import OneLineCommand

BATCH = 500


class Command(OneLineCommand):
    help = (
        "Compares what the model reads in the column 'text' of a CSV with its columns "
        "'primary_reason' and 'category' (optional: 'lang', 'other_reasons' separated by |) and "
        "prints the figures as one JSON object. Unresolved leaves and 'other' are one class."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("labelled", type=Path, metavar="LABELLED.csv", help="UTF-8")

    def handle(self, *args: Any, labelled: Path, **options: Any) -> None:
        model = model_or_refusal()
        try:
            rows = load_labelled(labelled)
        except CorpusError as error:
            raise CommandError(str(error)) from error
        readings: list[Reading] = []
        with tqdm(total=len(rows), unit="texts", disable=not sys.stderr.isatty()) as progress:
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                readings += model.read([row.text for row in batch], [row.language for row in batch])
                progress.update(len(batch))
        self.stdout.write(json.dumps(figures(rows, readings), ensure_ascii=False))
