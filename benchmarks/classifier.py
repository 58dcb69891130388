"""How long the built-in model takes: batches, one answer, and answers made to be slow.

    python benchmarks/classifier.py

Trains the shipped corpus in memory, prints figures beside their limits, and ends with a non-zero
status where one is passed.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = tempfile.TemporaryDirectory(prefix="whyleft-bench-")
os.environ.update(
    VAR_DIR=FOLDER.name, ENV_FILE="/nonexistent", DJANGO_SETTINGS_MODULE="config.settings"
)
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from reasons.classify import TrainedModel, load_corpus  # noqa: E402
from tests.reasons.test_model import HOSTILE  # noqa: E402

LIMITS = {"training, s": 300.0, "one answer, ms": 5.0, "slowest hostile text, ms": 100.0}
LEAST_PER_SECOND = 1_000.0


def seconds(work, rounds: int = 1) -> float:
    """The median of so many rounds."""
    taken = []
    for _round in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> int:
    examples = load_corpus(ROOT / "reasons" / "corpus")
    texts = [example.text for example in examples]
    started = time.perf_counter()
    model = TrainedModel.train(examples)
    figures = {"training, s": time.perf_counter() - started}
    model.read(texts[:100])
    figures["one answer, ms"] = 1_000 * seconds(lambda: model.read(["It costs too much."]), 200)
    hostile = {
        name: 1_000 * seconds(lambda text=text: model.read([text]), 5)
        for name, text in HOSTILE.items()
    }
    slowest = max(hostile, key=hostile.__getitem__)
    figures["slowest hostile text, ms"] = hostile[slowest]
    per_second = len(texts) / seconds(lambda: model.read(texts), 3)
    for name, figure in figures.items():
        print(f"{name:<28}{figure:>10.1f}   limit {LIMITS[name]:g}")
    print(f"{'answers a second':<28}{per_second:>10.0f}   at least {LEAST_PER_SECOND:g}")
    print(f"slowest hostile text: {slowest}; {len(texts)} answers in the corpus")
    return int(
        any(figure > LIMITS[name] for name, figure in figures.items())
        or per_second < LEAST_PER_SECOND
    )


if __name__ == "__main__":
    sys.exit(main())
