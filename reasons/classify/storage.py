"""A trained model as bytes and back: a NumPy archive with JSON inside, never a pickle."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reasons.classify.combination import FEATURES, Combination
from reasons.classify.features import Vocabulary
from reasons.classify.ngrams import NgramModel
from reasons.taxonomy import CATEGORY_OF

if TYPE_CHECKING:
    from reasons.classify.model import TrainedModel

# Raise when a reader of the old format would misread the new one.
FORMAT = 1


def pack(model: TrainedModel) -> bytes:
    """`model` as bytes; the same model gives the same bytes (NumPy dates its entries 1980)."""
    ngrams, combination = model.ngrams, model.combination
    about = {
        "format": FORMAT,
        "leaves": model.leaves,
        "languages": model.languages,
        "examples": model.examples,
        "seed": model.seed,
        "sharpness": combination.sharpness,
        "features": FEATURES,
        "words": list(ngrams.by_word.columns),
        "characters": list(ngrams.by_character.columns),
    }
    out = io.BytesIO()
    np.savez_compressed(
        out,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        word_idf=ngrams.by_word.idf,
        character_idf=ngrams.by_character.idf,
        weights=ngrams.weights,
        intercepts=ngrams.intercepts,
        shared=combination.weights,
        biases=combination.biases,
    )
    return out.getvalue()


def unpack(data: bytes, kind: type[TrainedModel]) -> TrainedModel:
    """The model in `data`; raises ValueError, with what was wrong, where there is none."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about: dict[str, Any] = json.loads(arrays["about"].tobytes())
        if about["format"] != FORMAT or tuple(about["features"]) != FEATURES:
            raise ValueError(f"format {about['format']}, expected {FORMAT}: train it again")
        unknown = sorted(set(about["leaves"]) - CATEGORY_OF.keys())
        if unknown:
            raise ValueError(f"it names {unknown[0]!r}, which is not a reason code")
        return kind(
            leaves=tuple(about["leaves"]),
            languages=tuple(about["languages"]),
            examples=int(about["examples"]),
            seed=int(about["seed"]),
            ngrams=NgramModel(
                by_word=_vocabulary(about["words"], arrays["word_idf"]),
                by_character=_vocabulary(about["characters"], arrays["character_idf"]),
                weights=arrays["weights"],
                intercepts=arrays["intercepts"],
            ),
            combination=Combination(
                weights=arrays["shared"],
                biases=arrays["biases"],
                sharpness=float(about["sharpness"]),
            ),
        )
    except KeyError as error:
        raise ValueError(f"not a stored model: {error} is missing") from error
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"not a stored model: {error}") from error


def _vocabulary(terms: list[str], idf: np.ndarray[Any, np.dtype[np.float64]]) -> Vocabulary:
    return Vocabulary({term: column for column, term in enumerate(terms)}, idf)
