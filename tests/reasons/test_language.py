"""Scripts decide where they can, py3langid between languages that share one."""

import pytest

from reasons.classify.language import LANGUAGES, base_language, detect_language
from reasons.classify.normalise import fold, words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We closed the shop at the end of May.", "en"),
        ("too expensive", "en"),
        ("ok", "en"),
        ("太贵了", "zh"),
        ("太貴了", "zh"),
        ("API 文档太难懂", "zh"),
        ("料金が高すぎます", "ja"),
        ("너무 비싸요", "ko"),
        ("Слишком дорого для нас", "ru"),
        ("السعر مرتفع جدا", "ar"),
        ("C'est beaucoup trop cher pour ce que c'est", "fr"),
        ("Das ist uns leider zu teuer geworden", "de"),
        ("Es demasiado caro para nosotros", "es"),
        ("É caro demais para o que oferece", "pt"),
        ("Costa troppo per quello che offre", "it"),
    ],
)
def test_detects(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "😀😀", "12345", "!!!"])
def test_nothing_to_go_by_is_the_default(text):
    assert detect_language(text) == "en"


@pytest.mark.parametrize(
    ("code", "base"),
    [("zh-hans", "zh"), ("zh_TW", "zh"), ("EN", "en"), ("pt-br", "pt"), ("", ""), (" fr ", "fr")],
)
def test_base_language(code, base):
    assert base_language(code) == base


def test_the_eleven_bases_of_the_twelve_survey_languages():
    assert len(LANGUAGES) == 11


@pytest.mark.parametrize(
    "text",
    ["", "Don’t WANT it", "太貴了，沒用", "ＡＢＣ", "İstanbul", "a\x00b\ud800c", "naïve\u200b😀"],
)
def test_fold_keeps_the_length(text):
    assert len(fold(text)) == len(text)


def test_fold_makes_one_spelling():
    assert fold("太貴了，沒人回覆") == fold("太贵了，没人回覆")
    assert fold("Ｄon’t") == "don't"


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("It doesn't work", "it does not work"),
        ("dont cant wont", "do not can not will not"),
        ("it's sooooo slow", "it so slow"),
        ("we're, we've, I'll", "we are we have i will"),
        ("太贵 too expensive", "too expensive"),
        ("user's 3.5 GB", "user 3.5 gb"),
    ],
)
def test_words(text, spelt):
    assert " ".join(word.text for word in words(fold(text))) == spelt


def test_words_point_at_what_was_typed():
    text = "It doesn't work"
    found = words(fold(text))
    assert [text[word.start : word.end] for word in found] == ["It", "doesn't", "doesn't", "work"]
