"""The figures of evaluate_classifier, checked by hand on a handful of readings."""

import json

import pytest

from reasons.classify import CorpusError, Labelled, Reading, figures, load_labelled
from reasons.classify.evaluate import calibration_error, macro_f1
from reasons.taxonomy import CATEGORY_OF


def gold(primary, *others, language="en"):
    return Labelled("x", primary, CATEGORY_OF[primary].value, others, language)


def said(primary, confidence=0.9, needs_probe=False):
    return Reading(
        primary,
        CATEGORY_OF[primary].value,
        (),
        confidence,
        needs_probe,
        None,
        primary == "unclear",
    )


LABELLED = [
    gold("performance"),
    gold("bugs_or_reliability", "performance"),
    gold("price_or_value_fit", language="zh"),
    gold("business_closed", language="zh"),
    gold("unclear"),
]
READINGS = [
    said("performance", 0.9),  # right
    said("performance", 0.8),  # right category, and among the true
    said("budget_or_cash_flow", 0.3),  # wrong
    said("unclear", 0.2),  # abstained where a reason was stated
    said("unclear", 0.7),  # right
]


def test_figures():
    report = figures(LABELLED, READINGS)
    assert report["n"] == 5
    assert report["category"]["accuracy"] == 0.6
    # required_outcome 1, appropriate_experience 0, circumstances 0, unresolved 2/3
    assert report["category"]["macro_f1"] == pytest.approx((1 + 0 + 0 + 2 / 3) / 4, abs=1e-4)
    assert report["reason"]["accuracy"] == 0.4
    assert report["reason"]["primary_among_true"] == 0.6
    assert report["confident_60"] == {"category_accuracy": 1.0}
    assert report["unresolved"] == 0.4
    assert report["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.3 + 0.2 + 0.3) / 5)


def test_figures_by_language_and_reason():
    report = figures(LABELLED, READINGS)
    assert set(report["by_language"]) == {"en", "zh"}
    assert report["by_language"]["en"]["n"] == 3
    assert report["by_language"]["en"]["category"]["accuracy"] == 1.0
    assert report["by_language"]["zh"]["category"]["accuracy"] == 0.0
    assert report["by_reason"]["performance"] == {"n": 1, "precision": 0.5, "recall": 1.0}
    assert report["by_reason"]["business_closed"] == {"n": 1, "precision": None, "recall": 0.0}
    assert report["by_reason"]["budget_or_cash_flow"] == {"n": 0, "precision": 0.0, "recall": None}


def test_figures_have_exactly_the_contracted_keys_and_are_json():
    report = figures(LABELLED, READINGS)
    keys = {
        "n",
        "category",
        "reason",
        "confident_60",
        "calibration_error",
        "unresolved",
    }
    assert set(report) == keys | {"by_language", "by_reason"}
    assert set(report["by_language"]["en"]) == keys
    assert set(report["reason"]) == {"accuracy", "macro_f1", "primary_among_true"}
    json.loads(json.dumps(report, allow_nan=False))


def test_nothing_to_measure_is_an_error():
    with pytest.raises(ValueError, match="no labelled texts"):
        figures([], [])


def test_macro_f1_counts_classes_of_either_side():
    assert macro_f1(["a", "b"], ["a", "b"]) == 1.0
    assert macro_f1(["a", "a"], ["a", "c"]) == pytest.approx((2 / 3 + 0) / 2)


def test_calibration_error_is_zero_where_confidence_is_honest():
    import numpy as np

    confidence = np.repeat([0.25, 0.75], 20)
    right = np.tile([1.0, 0, 0, 0], 5).tolist() + np.tile([1.0, 1, 1, 0], 5).tolist()
    assert calibration_error(confidence, np.array(right)) == pytest.approx(0)


def write(tmp_path, text):
    file = tmp_path / "labelled.csv"
    file.write_text(text, encoding="utf-8-sig")
    return file


def test_load_labelled_makes_one_class_of_what_is_unresolved(tmp_path):
    file = write(
        tmp_path,
        "id,lang,text,primary_reason,other_reasons,category\n"
        "1,en,bye,other,,other\n"
        "2,zh-hans,太贵,price_unprobed,,unresolved\n"
        "3,,We closed the shop in May,business_closed,need_ended|payment_failure,circumstances\n",
    )
    found = load_labelled(file)
    assert [row.primary for row in found] == ["unclear", "unclear", "business_closed"]
    assert [row.category for row in found] == ["unresolved", "unresolved", "circumstances"]
    assert [row.language for row in found] == ["en", "zh", "en"]
    assert found[2].others == ("need_ended", "payment_failure")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("text,primary_reason\nx,performance\n", "column category is missing"),
        ("text,primary_reason,category\n", "no rows"),
        ("text,primary_reason,category\nx,slow,required_outcome\n", "line 2, column primary_rea"),
        ("text,primary_reason,category\nx,performance,outcome\n", "line 2, column category"),
    ],
)
def test_load_labelled_says_what_is_wrong(tmp_path, text, wrong):
    with pytest.raises(CorpusError, match=wrong):
        load_labelled(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(CorpusError, match="No such file"):
        load_labelled(tmp_path / "nowhere.csv")
