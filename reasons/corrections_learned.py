"""Analysts' corrections as examples that the model learns from."""

from collections.abc import Iterator
from dataclasses import dataclass

from reasons.classify import Example
from reasons.classify.language import base_language, detect_language
from reasons.hearing import Material, gather
from reasons.models import Classification, Perspective, Source
from reasons.taxonomy import CATEGORY_OF, UNRESOLVED_LEAVES
from surveys.models import QuestionRole

# A model names the shipped leaves, and "unclear" for what gives none. The leaves of unprobed
# choices say what was not asked, which no text can teach.
LEARNABLE = frozenset(CATEGORY_OF) - (UNRESOLVED_LEAVES - {"unclear"})
BATCH = 500


@dataclass(frozen=True, slots=True)
class LearnedCorrection:
    cancellation: int
    example: Example


def corrections_to_learn_from() -> Iterator[LearnedCorrection]:
    """The texts that analysts' stated primary reasons were, or would have been, read from.

    Only where that text is beyond doubt: the answer in own words, or the only text there is,
    where no choice was taken. A correction of a choice says nothing about a text beside it.
    Test customers teach nothing.
    """
    corrected = dict(
        Classification.objects.primary(Perspective.STATED)
        .filter(
            source=Source.ANALYST,
            reason__code__in=LEARNABLE,
            cancellation__customer__is_test=False,
        )
        .order_by("cancellation_id")
        .values_list("cancellation_id", "reason__code")
    )
    keys = list(corrected)
    for start in range(0, len(keys), BATCH):
        for material in gather(keys[start : start + BATCH]):
            found = _decisive_text(material)
            if found is not None:
                text, language = found
                spoken = base_language(language) or detect_language(text)
                code = corrected[material.cancellation]
                yield LearnedCorrection(
                    material.cancellation, Example(text, primary=code, language=spoken)
                )


def _decisive_text(material: Material) -> tuple[str, str] | None:
    """(text, language code or "") that the primary reason comes from; None where it is open."""
    own_words = [
        (row.text, row.language)
        for row in material.answers
        if row.role == QuestionRole.REASON_TEXT and row.text.strip()
    ]
    if own_words:
        return own_words[0] if len(own_words) == 1 else None
    if any(row.role in (QuestionRole.REASON, QuestionRole.PROBE) for row in material.answers):
        return None
    texts = [(text, language) for _, text, language in material.texts()]
    return texts[0] if len(texts) == 1 else None
