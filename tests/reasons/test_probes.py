"""A bare word that straddles the two kinds of reason asks for a probe; anything more does not."""

import pytest

from reasons.classify.probes import UNPROBED_LEAF, bare_leaves
from reasons.taxonomy import CATEGORY_OF, UNRESOLVED_LEAVES

PRICE = "price_or_value_fit"
UNUSED = "not_adopted"
NEED = "need_ended"
SWITCHED = "switched_to_competitor_capability"


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("too expensive", PRICE),
        ("Too expensive!!!", PRICE),
        ("It cost too much for us.", PRICE),
        ("price", PRICE),
        ("Sorry, it's just way too expensive for us right now, thanks", PRICE),
        ("The price is too high", PRICE),
        ("Great product but too expensive", PRICE),
        ("Can't justify the cost", PRICE),
        ("太贵了", PRICE),
        ("太貴", PRICE),
        ("价格有点高", PRICE),
        ("性价比低", PRICE),
        ("我觉得会员费太贵了，谢谢", PRICE),
        ("not using it any more", UNUSED),
        ("We hardly use it", UNUSED),
        ("I don't use it enough", UNUSED),
        ("用得少", UNUSED),
        ("没怎么用", UNUSED),
        ("很少使用", UNUSED),
        ("no longer need it", NEED),
        ("Don't need it anymore.", NEED),
        ("no longer required", NEED),
        ("不需要了，谢谢", NEED),
        ("用不着了", NEED),
        ("found something else", SWITCHED),
        ("We found a better alternative", SWITCHED),
        ("switched to Acme", SWITCHED),
        ("换了别家", SWITCHED),
        ("找到更好的了", SWITCHED),
        ("有更好的选择", SWITCHED),
    ],
)
def test_bare(text, leaf):
    assert bare_leaves(text)[0] == leaf


@pytest.mark.parametrize(
    "text",
    [
        "too expensive since the rise in March, twice what X charges",
        "Twice the price since spring",
        "too expensive for a student",
        "not too expensive",
        "the price is not the problem",
        "My budget was cut",
        "I cannot afford it, I lost my job",
        "涨价了",
        "价格涨了一倍",
        "一年要三千块，太贵了",
        "太贵了，隔壁只要一半",
        "could not use it on my tablet",
        "can't use it",
        "用不了",
        "没用",
        "no time to use it",
        "不用了，因为同事都离职了",
        "no longer need it, the project is finished",
        "项目结束，不需要了",
        "switched to Acme because it exports to PDF",
        "moved to Berlin",
        "找到了更便宜还能导出报表的",
        "it crashes",
        "other",
        "please cancel",
        "",
        "😀",
        "\x00\ud800",
        "too expensive " * 40,
    ],
)
def test_not_bare(text):
    assert bare_leaves(text) == ()


def test_several_bare_words_keep_their_order_but_a_destination_comes_last():
    assert bare_leaves("Don't need it, too expensive") == (NEED, PRICE)
    assert bare_leaves("Found something cheaper") == (PRICE,)
    assert bare_leaves("Switched to Acme, cheaper") == (PRICE, SWITCHED)


def test_each_bare_leaf_has_an_unresolved_one_to_be_counted_under():
    assert set(UNPROBED_LEAF.values()) == UNRESOLVED_LEAVES - {"unclear"}
    assert UNPROBED_LEAF.keys() <= CATEGORY_OF.keys()
    assert not UNPROBED_LEAF.keys() & UNRESOLVED_LEAVES
