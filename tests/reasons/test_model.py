"""Training, reading and storing the built-in model, on a small set written for this test."""

import dataclasses
import io
import sys

import numpy as np
import pytest

from reasons.classify import Example, TrainedModel, cross_validated
from reasons.taxonomy import CATEGORY_OF

# Leaf -> sentences; the context is the position, so that folds hold out whole kinds of business.
SENTENCES = {
    "price_or_value_fit": (
        "The price went up by half and we get nothing more for it",
        "Your plan now costs twice what it did in spring",
        "Forty a month is not worth it for two reports",
        "They raised the fee again, much cheaper tools do the same",
        "涨价一倍，不值这个钱",
        "一年三千块太贵，小店用不起",
    ),
    "bugs_or_reliability": (
        "It crashes whenever we save an invoice",
        "Half of our orders vanished after an error",
        "The app will not open since Monday",
        "Every export ends in an error message",
        "一打开就闪退，订单也丢了",
        "系统总是报错，登录不上",
    ),
    "business_closed": (
        "We closed the bakery in June",
        "The company went bankrupt and we shut the office",
        "Our shop has closed its doors for good",
        "We are out of business since the flood",
        "店关了，营业执照也注销了",
        "公司倒闭了，大家都散了",
    ),
    "support_quality": (
        "Nobody in support answered my three tickets",
        "Customer service took two weeks to reply",
        "I asked for help twice and never got a response",
        "The hotline never picks up the phone",
        "客服三天没人回复",
        "提了工单一直没人处理",
    ),
    "unclear": (
        "bye then",
        "no comment at all",
        "just cancel it please",
        "none of your business",
        "不想说原因",
        "再见了各位朋友",
    ),
}
EXAMPLES = [
    Example(
        text,
        leaf,
        (),
        "zh" if position >= 4 else "en",
        f"business-{position % 3}",
    )
    for leaf, sentences in SENTENCES.items()
    for position, text in enumerate(sentences)
]


@pytest.fixture(scope="module")
def model():
    return TrainedModel.train(EXAMPLES, seed=7)


def test_it_knows_what_it_learnt(model):
    assert model.leaves == tuple(sorted(SENTENCES))
    assert model.languages == ("en", "zh")
    assert model.examples == len(EXAMPLES)


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("The price was raised twice this year and is not worth it now", "price_or_value_fit"),
        ("It crashes with an error on every invoice", "bugs_or_reliability"),
        ("We closed the company in March", "business_closed"),
        ("Customer service never answered my ticket", "support_quality"),
        ("价格涨了一倍，不值", "price_or_value_fit"),
        ("老是闪退报错", "bugs_or_reliability"),
        ("客服一直没人理", "support_quality"),
        ("客服一直沒人理，工單沒人處理", "support_quality"),
    ],
)
def test_reads(model, text, leaf):
    (reading,) = model.read([text])
    assert reading.primary == leaf
    assert reading.category == CATEGORY_OF[leaf].value
    assert 0 < reading.confidence <= 1
    assert not reading.abstained
    assert not reading.needs_probe


def test_evidence_is_the_clause_that_says_it(model):
    text = "I liked the colours and the name, but every export crashes with an error. Anyway, bye."
    (reading,) = model.read([text])
    start, end = reading.evidence
    assert reading.primary == "bugs_or_reliability"
    assert "crashes with an error" in text[start:end]
    assert "colours" not in text[start:end]


def test_evidence_points_into_the_text_as_given(model):
    text = "  😀😀 İ … 客服三天没人回复！ "
    (reading,) = model.read([text])
    start, end = reading.evidence
    assert text[start:end] == "客服三天没人回复！"


def test_a_bare_text_names_its_leaf_and_asks_for_a_probe(model):
    bare, settled = model.read(
        ["too expensive", "too expensive since the rise in March, twice what X charges"]
    )
    assert (bare.primary, bare.category) == ("price_or_value_fit", "appropriate_experience")
    assert bare.needs_probe
    assert not bare.abstained
    assert settled.primary == "price_or_value_fit"
    assert not settled.needs_probe


def test_a_bare_text_is_read_even_where_the_leaf_was_not_learnt(model):
    (reading,) = model.read(["We hardly use it"])
    assert (reading.primary, reading.category) == ("not_adopted", "required_outcome")
    assert reading.needs_probe


@pytest.mark.parametrize(
    "text", ["", "   ", "😀😀😀", "?!", "\x00\x00", "\ud800", "1", "a", "。。"]
)
def test_it_abstains_where_nothing_is_said(model, text):
    (reading,) = model.read([text])
    assert (reading.primary, reading.category) == ("unclear", "unresolved")
    assert reading.abstained
    assert reading.evidence is None
    assert reading.others == ()


def test_it_abstains_in_a_language_it_has_not_learnt(model):
    french = "Le service client ne répond jamais à mes messages"
    detected, said_so = model.read([french, french], [None, "fr"])
    assert detected.abstained
    assert said_so.abstained
    assert said_so.confidence == 0


def test_batches_and_single_readings_agree(model):
    texts = [example.text for example in EXAMPLES] + ["", "too expensive"]
    batch = model.read(texts)
    assert len(batch) == len(texts)
    for one, text in zip(batch, texts, strict=True):
        (alone,) = model.read([text])
        assert dataclasses.replace(alone, confidence=0) == dataclasses.replace(one, confidence=0)
        assert alone.confidence == pytest.approx(one.confidence)
    assert model.read([]) == []


def test_others_leave_out_the_primary_and_the_unresolved(model):
    (reading,) = model.read(
        ["Customer service never answered my ticket. Every export crashes with an error message."]
    )
    assert {reading.primary, *reading.others} == {"support_quality", "bugs_or_reliability"}
    assert reading.primary not in reading.others


def test_the_same_seed_gives_the_same_bytes(model):
    assert TrainedModel.train(EXAMPLES, seed=7).to_bytes() == model.to_bytes()


def test_stored_and_loaded_it_is_the_same(model):
    data = model.to_bytes()
    loaded = TrainedModel.from_bytes(data)
    texts = [example.text for example in EXAMPLES]
    assert loaded.read(texts) == model.read(texts)
    assert loaded.to_bytes() == data


def test_the_stored_model_holds_no_pickle(model):
    with np.load(io.BytesIO(model.to_bytes()), allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind in "fu" for name in archive.files)


def pickled():
    out = io.BytesIO()
    np.savez(out, about=np.array([{"format": 1}], dtype=object))
    return out.getvalue()


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x03\x04broken", pickled()])
def test_what_is_no_model_is_refused(data):
    with pytest.raises(ValueError, match="not a stored model"):
        TrainedModel.from_bytes(data)


def test_a_truncated_model_is_refused(model):
    with pytest.raises(ValueError, match="not a stored model"):
        TrainedModel.from_bytes(model.to_bytes()[:-200])


def test_a_model_with_a_reason_that_is_gone_is_refused(model):
    leaves = ("gone", *model.leaves[1:])
    with pytest.raises(ValueError, match="'gone', which is not a reason code"):
        TrainedModel.from_bytes(dataclasses.replace(model, leaves=leaves).to_bytes())


def test_training_refuses_unknown_codes_and_a_single_reason():
    with pytest.raises(ValueError, match="'slowness'"):
        TrainedModel.train([*EXAMPLES, Example("x", "slowness")])
    with pytest.raises(ValueError, match="at least two reasons"):
        TrainedModel.train([example for example in EXAMPLES if example.primary == "unclear"])


def test_unprobed_examples_teach_the_leaf_they_are_read_as():
    examples = [*EXAMPLES, Example("far too dear", "price_unprobed")]
    assert "price_unprobed" not in TrainedModel.train(examples).leaves


def test_two_reasons_and_one_context_are_enough():
    examples = [
        dataclasses.replace(example, context="one")
        for example in EXAMPLES
        if example.primary in ("business_closed", "support_quality")
    ]
    (reading,) = TrainedModel.train(examples).read(["We closed the bakery for good in June"])
    assert reading.primary == "business_closed"


def test_cross_validation_reports_the_contracted_figures():
    report = cross_validated(EXAMPLES, seed=7)
    assert report["n"] == len(EXAMPLES)
    assert set(report["by_language"]) == {"en", "zh"}
    assert report["category"]["accuracy"] > 0.5


HOSTILE = {
    "prose": "I am not happy with this, it is slow. " * 270,
    "letters": "a" * 10_000,
    "blanks": " " * 10_000,
    "commas": "," * 10_000,
    "brackets": "(" * 10_000,
    "dashes": " -" * 5_000,
    "apostrophes": "a'" * 5_000,
    "negations": "not " * 2_500,
    "never": "never got " * 1_000,
    "connectors": "but so because " * 700,
    "chinese": "太慢了，客服不理人。" * 1_000,
    "one run": "不" * 10_000,
    "mixed": "太slow慢了crash " * 700,
    "emoji": "😀" * 2_500,
    "surrogates": "\ud800\x00" * 5_000,
    "lines": "\n" * 10_000,
    "marks": "a\u0301" * 5_000,
    "bidi": "\u202eabc\u202c " * 2_000,
}


def calls_made(work) -> int:
    """How many Python and C functions `work` calls: the same on every machine, busy or not."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_grows_no_faster_than_the_text(model, text):
    """Seconds are printed by benchmarks/classifier.py."""
    half = text[: len(text) // 2]
    model.read([text])
    calls = calls_made(lambda: model.read([text]))
    assert calls <= 2.1 * calls_made(lambda: model.read([half])) + 500
