"""Reading example answers, with errors that say where."""

import numpy as np
import pytest

from reasons.classify import CorpusError, Example, load_corpus
from reasons.classify.corpus import grouped_folds

HEADER = "text,primary_reason,other_reasons,context\n"


def write(folder, text, name="en.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))


def test_reads_every_file_with_its_language(tmp_path):
    write(tmp_path, HEADER + '"Too slow, and dear",performance,price_or_value_fit,crm\n')
    write(tmp_path, "\ufeff" + HEADER + "太贵了,price_or_value_fit,,\n", "zh.csv")
    assert load_corpus(tmp_path) == [
        Example("Too slow, and dear", "performance", ("price_or_value_fit",), "en", "crm"),
        Example("太贵了", "price_or_value_fit", (), "zh", ""),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,primary_reason,context\nx,performance,crm\n", "column other_reasons is missing"),
        (HEADER + "slow,performence,,crm\n", "line 2, column primary_reason: 'performence'"),
        (HEADER + "slow,performance,prices,crm\n", "line 2, column other_reasons: 'prices'"),
        (HEADER + "a b,performance,,crm\n,performance,,crm\n", "line 3, column text: empty"),
        (HEADER + "slow,performance\n", "line 2: expected 4 cells"),
        (HEADER + "slow,performance,,crm,more\n", "line 2: expected 4 cells"),
        ("", "column text is missing"),
    ],
)
def test_errors_name_the_file_the_row_and_the_column(tmp_path, content, said):
    write(tmp_path, content)
    with pytest.raises(CorpusError) as caught:
        load_corpus(tmp_path)
    assert str(caught.value).startswith("en.csv")
    assert said in str(caught.value)


def test_another_encoding_is_said(tmp_path):
    write(tmp_path, HEADER + "zu träge,performance,,crm\n", encoding="latin-1")
    with pytest.raises(CorpusError, match=r"en\.csv: not UTF-8 at byte"):
        load_corpus(tmp_path)


def test_no_corpus_is_said(tmp_path):
    with pytest.raises(CorpusError, match="no corpus here"):
        load_corpus(tmp_path)
    with pytest.raises(CorpusError, match="no corpus here"):
        load_corpus(tmp_path / "nowhere")


def examples(contexts):
    return [Example("x", "performance", context=context) for context in contexts]


def test_folds_keep_a_context_together_and_hold_out_each_example_once():
    of_contexts = examples("aaabbbccddde")
    folds = grouped_folds(of_contexts, seed=1, folds=3)
    held_out = np.concatenate([test for _, test in folds])
    assert sorted(held_out) == list(range(12))
    for train, test in folds:
        assert not {of_contexts[i].context for i in train} & {of_contexts[i].context for i in test}


def test_folds_are_the_same_for_a_seed_and_none_for_one_context():
    contexts = examples("abcdefgh")
    first, again = grouped_folds(contexts, 3), grouped_folds(contexts, 3)
    assert all((a[1] == b[1]).all() for a, b in zip(first, again, strict=True))
    assert grouped_folds(examples("aaaa"), 0) == []
    assert len(grouped_folds(examples(["", ""]), 0)) == 2
