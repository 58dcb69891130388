"""Where clauses begin and end, and how they tie to the one before."""

from itertools import pairwise

import pytest

from reasons.classify.clauses import split_clauses
from reasons.classify.lexicon import clause_hits, load_cues
from reasons.classify.normalise import fold, words


def split(text):
    return [(text[c.start : c.end].strip("，, "), c.link) for c in split_clauses(text)]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Too slow.", [("Too slow.", "")]),
        ("Slow. Buggy!", [("Slow.", ""), ("Buggy!", "")]),
        ("Crashed.Uninstalled", [("Crashed.", ""), ("Uninstalled", "")]),
        ("It costs 3.50 a month", [("It costs 3.50 a month", "")]),
        (
            "Nice app but it crashes",
            [("Nice app", ""), ("but it crashes", "contrast")],
        ),
        (
            "We left because of the price",
            [("We left", ""), ("because of the price", "cause")],
        ),
        ("Because of the price", [("Because of the price", "cause")]),
        (
            "Nobody answered me, so I cancelled",
            [("Nobody answered me", ""), ("so I cancelled", "result")],
        ),
        ("It was so slow", [("It was so slow", "")]),
        ("slow, ugly, dear", [("slow, ugly, dear", "")]),
        ("good salt and pepper", [("good salt and pepper", "")]),
        ("太贵了，客服也不理人。", [("太贵了", ""), ("客服也不理人。", "")]),
        ("很喜欢但是太贵了", [("很喜欢", ""), ("但是太贵了", "contrast")]),
        ("不但贵还慢", [("不但贵还慢", "")]),
        ("退订因为公司关了", [("退订", ""), ("因为公司关了", "cause")]),
        ("沒人回覆所以取消了", [("沒人回覆", ""), ("所以取消了", "result")]),
        ("", []),
        ("...!!! ，。", []),
        ("😀", []),
    ],
)
def test_split(text, clauses):
    assert split(text) == clauses


def test_offsets_do_not_overlap_and_stay_inside():
    text = "We left, because nobody answered us, but the app (the new one) was fine: 太贵了，真的。"
    clauses = split_clauses(text)
    assert clauses[0].start >= 0
    assert clauses[-1].end <= len(text)
    assert all(one.end <= two.start for one, two in pairwise(clauses))


def cues(text):
    folded = fold(text)
    return {(hit.leaf, hit.dismissed) for hit in clause_hits(folded, words(folded)) if hit.strong}


@pytest.mark.parametrize(
    ("text", "leaf", "dismissed"),
    [
        ("it is too expensive", "price_or_value_fit", False),
        ("it is not about the price", "price_or_value_fit", True),
        ("the price is fine", "price_or_value_fit", True),
        ("the price is not fine", "price_or_value_fit", False),
        ("great customer service", "support_quality", True),
        ("the customer service never answered", "support_quality", False),
        ("it crashes constantly", "bugs_or_reliability", False),
        ("no api", "missing_integration", False),
        ("闪退", "bugs_or_reliability", False),
        ("不是因为价格", "price_or_value_fit", True),
        ("跟价格无关", "price_or_value_fit", True),
        ("价格太高", "price_or_value_fit", False),
        ("客服很好", "support_quality", True),
        ("廣告太多", "ads_or_nagging", False),
    ],
)
def test_cues_and_what_sets_them_aside(text, leaf, dismissed):
    assert (leaf, dismissed) in cues(text)


@pytest.mark.parametrize("text", ["we had a nice time", "今天天气晴朗", ""])
def test_no_cue_in_nothing_said(text):
    assert cues(text) == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_leaf_has_cues(language):
    assert len(load_cues(language)) == 27
