"""Which language an answer is written in.

Scripts decide where they can; py3langid decides between languages that share one. Accuracy on
three words is poor whatever the method, so a caller that knows the survey's language should say so.
"""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# The languages that surveys are offered in, by base code; both Chinese scripts are "zh".
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")
DEFAULT_LANGUAGE = "en"

# Below this probability a guess among eleven languages is worth less than the default.
_LEAST_PROBABILITY = 0.5
_ENOUGH_CHARACTERS = 1_000

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile("[\u3040-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z\u00c0-\u024f]", re.IGNORECASE)


@cache
def _identifier() -> LanguageIdentifier:
    # Loading takes most of a second, so it waits for the first text that needs it.
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def base_language(code: str) -> str:
    """The base of a language code: "zh-hans" and "zh_TW" are "zh", "" stays ""."""
    return code.strip().lower().replace("_", "-").partition("-")[0]


def detect_language(text: str) -> str:
    """The base code of the language of `text`, one of `LANGUAGES`; "en" where nothing tells.

    A Chinese or Japanese character weighs as much as two letters, because one word takes about
    that many: a product name in Latin letters does not make a Chinese sentence English.
    """
    sample = text[:_ENOUGH_CHARACTERS]
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    latin = len(_LATIN.findall(sample))
    by_script = {
        "ja" if kana * 5 >= han and kana else "zh": 2 * (han + kana),
        "ko": 2 * len(_HANGUL.findall(sample)),
        "ar": len(_ARABIC.findall(sample)),
        "ru": len(_CYRILLIC.findall(sample)),
    }
    language, weight = max(by_script.items(), key=lambda item: item[1])
    if weight and weight >= latin:
        return language
    if not latin:
        return DEFAULT_LANGUAGE
    letters = "".join(c if c.isprintable() else " " for c in sample)
    guess, probability = _identifier().classify(letters)
    return str(guess) if probability >= _LEAST_PROBABILITY else DEFAULT_LANGUAGE
