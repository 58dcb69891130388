"""From the text of an answer to reasons. Pure: no ORM, no settings, no network.

    model = TrainedModel.train(load_corpus(folder), seed=0)
    reading = model.read(["We closed the shop."])[0]

`TrainedModel` is one backend; whatever has the `read` of `Classifier` can stand in for it.
"""

from reasons.classify.corpus import CorpusError, Example, load_corpus
from reasons.classify.evaluate import Labelled, cross_validated, figures, load_labelled
from reasons.classify.language import LANGUAGES, base_language, detect_language
from reasons.classify.model import TrainedModel
from reasons.classify.probes import UNPROBED_LEAF, bare_leaves
from reasons.classify.result import Classifier, Reading

__all__ = [
    "LANGUAGES",
    "UNPROBED_LEAF",
    "Classifier",
    "CorpusError",
    "Example",
    "Labelled",
    "Reading",
    "TrainedModel",
    "bare_leaves",
    "base_language",
    "cross_validated",
    "detect_language",
    "figures",
    "load_corpus",
    "load_labelled",
]
