"""The commands that read, measure and train: results on standard output, trouble in one line."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from reasons import model_store
from reasons.corrections import correct_classification
from reasons.corrections_learned import corrections_to_learn_from
from reasons.defaults import install_defaults
from reasons.models import ClassifierVersion
from reasons.taxonomy import CATEGORY_OF
from tests.factories.reasons import SENTENCES, SURROUNDINGS, answered, reason, stored_small_model
from tests.factories.surveys import CancellationFactory

pytestmark = pytest.mark.django_db

ADDED = ["primary_reason", "category", "other_reasons", "confidence", "needs_probe", "evidence"]


@pytest.fixture
def model():
    return stored_small_model()


def run(*arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue()


class TestClassify:
    @pytest.fixture
    def files(self, tmp_path):
        return tmp_path / "in.csv", tmp_path / "out.csv"

    def classified(self, files, content):
        source, target = files
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert run("classify", str(source), str(target)) == ""
        with target.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def test_adds_columns_and_keeps_the_rest(self, model, files):
        rows = self.classified(
            files,
            "\ufeffid, text ,lang,plan\n"
            f'7,"Hi, {SENTENCES["business_closed"]}",en,Team\n'
            "8,too expensive,,\n"
            '9,"",,\n',
        )
        assert rows[0] == ["id", "text", "lang", "plan", *ADDED]
        first, bare, empty = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
        assert (first["id"], first["plan"]) == ("7", "Team")
        assert (first["primary_reason"], first["category"]) == ("business_closed", "circumstances")
        assert first["needs_probe"] == "false"
        assert first["evidence"]
        assert first["evidence"] in first["text"]
        assert 0.5 < float(first["confidence"]) <= 1
        assert (bare["primary_reason"], bare["category"], bare["needs_probe"]) == (
            "price_or_value_fit", "appropriate_experience", "true",
        )  # fmt: skip
        assert (empty["primary_reason"], empty["category"], empty["evidence"]) == (
            "unclear", "unresolved", "",
        )  # fmt: skip

    def test_text_column_alone(self, model, files):
        rows = self.classified(files, f"text\n{SENTENCES['support_quality']}\n")
        assert rows[0] == ["text", *ADDED]
        assert rows[1][1] == "support_quality"

    def test_own_columns_are_replaced(self, model, files):
        rows = self.classified(
            files, f"primary_reason,text\nwrong,{SENTENCES['support_quality']}\n"
        )
        assert rows[0] == ["text", *ADDED]
        assert rows[1][1] == "support_quality"

    def test_more_rows_than_one_batch(self, model, files):
        lines = "".join(f"{n},{SENTENCES['support_quality']}\n" for n in range(1203))
        rows = self.classified(files, f"id,text\n{lines}")
        assert [row[0] for row in rows[1:]] == [str(n) for n in range(1203)]

    def test_file_onto_itself(self, model, tmp_path):
        path = tmp_path / "answers.csv"
        path.write_text(f"text\n{SENTENCES['support_quality']}\n")
        run("classify", str(path), str(path))
        assert "support_quality" in path.read_text()

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", ["empty"]),
            (b"id,words\n1,bye\n", ["text", "id, words"]),
            (b"id,text\n1,bye\n2,bye,now\n", ["Row 2 (line 3)", "3 columns", "2 columns"]),
            (b"id,text\n1,caf\xe9\n", ["Row 1 (line 2)", "text", "utf-8"]),
        ],
    )
    def test_bad_input(self, model, files, content, said):
        source, target = files
        source.write_bytes(content)
        with pytest.raises(CommandError) as refused:
            run("classify", str(source), str(target))
        message = str(refused.value)
        assert [part for part in said if part not in message] == []
        assert "\n" not in message
        assert list(target.parent.iterdir()) == [source]

    def test_file_that_is_not_there(self, model, files):
        with pytest.raises(CommandError, match="cannot be read"):
            run("classify", str(files[0]), str(files[1]))

    def test_folder_that_is_not_there(self, model, files):
        files[0].write_text("text\nbye\n")
        with pytest.raises(CommandError, match="No such file"):
            run("classify", str(files[0]), str(files[1].parent / "no" / "out.csv"))

    def test_without_a_model(self, files):
        files[0].write_text("text\nbye\n")
        with pytest.raises(CommandError, match="setup_defaults"):
            run("classify", str(files[0]), str(files[1]))


class TestEvaluate:
    def test_prints_one_json_object(self, model, tmp_path):
        path = tmp_path / "labelled.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "primary_reason", "category", "lang"])
            for code, sentence in SENTENCES.items():
                writer.writerow([sentence, code, CATEGORY_OF[code].value, "en"])
        figures = json.loads(run("evaluate_classifier", str(path)))
        assert figures["n"] == len(SENTENCES)
        assert figures["category"]["accuracy"] > 0.8
        assert set(figures) == {
            "n", "category", "reason", "confident_60", "calibration_error", "unresolved",
            "by_language", "by_reason",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("text,primary_reason\nbye,unclear\n", "category"),
            ("text,primary_reason,category\nbye,sunshine,unresolved\n", "sunshine"),
        ],
    )
    def test_bad_input(self, model, tmp_path, content, said):
        path = tmp_path / "labelled.csv"
        path.write_text(content)
        with pytest.raises(CommandError, match=said):
            run("evaluate_classifier", str(path))

    def test_without_a_model(self, tmp_path):
        with pytest.raises(CommandError, match="setup_defaults"):
            run("evaluate_classifier", str(tmp_path / "labelled.csv"))


@pytest.fixture
def small_corpus(tmp_path, monkeypatch):
    folder = tmp_path / "corpus"
    folder.mkdir()
    with (folder / "en.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "primary_reason", "other_reasons", "context"])
        for context, before in enumerate(SURROUNDINGS):
            for code, sentence in SENTENCES.items():
                writer.writerow([f"{before}{sentence}", code, "", f"context {context}"])
    monkeypatch.setattr(model_store, "CORPUS", folder)
    return folder


class TestTrain:
    def test_stores_a_new_version_and_prints_figures(self, model, small_corpus):
        printed = json.loads(run("train_classifier"))
        assert printed["version"] == 2
        assert printed["n"] == len(SENTENCES) * len(SURROUNDINGS)
        stored = ClassifierVersion.objects.get(is_current=True)
        assert stored.number == 2
        assert stored.figures["examples"] == printed["n"]
        assert stored.figures["category"] == printed["category"]
        assert model_store.current_model().number == 2

    def test_same_seed_same_model(self, small_corpus):
        for _ in range(2):
            run("train_classifier", "--seed", "3", "--no-figures")
        first, second = ClassifierVersion.objects.values_list("arrays", flat=True)
        assert bytes(first) == bytes(second)

    def test_bad_seed(self):
        with pytest.raises(CommandError, match="found -1"):
            run("train_classifier", "--seed=-1")

    def test_broken_corpus(self, small_corpus):
        (small_corpus / "en.csv").write_text("text\nbye\n")
        with pytest.raises(CommandError, match="primary_reason"):
            run("train_classifier")
        assert not ClassifierVersion.objects.exists()


class TestCorrectionsAreLearned:
    @pytest.fixture(autouse=True)
    def _defaults(self):
        install_defaults()

    def corrected(self, code, *, provider_comment="", **answers):
        cancellation = CancellationFactory(provider_comment=provider_comment)
        if answers:
            answered(cancellation, language="zh-hans", **answers)
        correct_classification(cancellation=cancellation, reason=reason(code), by=None)
        return cancellation

    @pytest.mark.parametrize(
        ("answers", "code", "learned"),
        [
            ({"reason": ["other"], "reason_text": "店关了"}, "business_closed", "店关了"),
            ({"comment": "店关了"}, "business_closed", "店关了"),
            ({"provider_comment": "The shop is shut."}, "business_closed", "The shop is shut."),
            # An unresolved leaf of a choice is nothing that a text could teach.
            ({"reason": ["other"], "reason_text": "太贵"}, "price_unprobed", None),
            ({"reason": ["other"], "reason_text": "再见"}, "unclear", "再见"),
            # A choice was corrected: the comment may be about something else.
            ({"reason": ["price"], "comment": "店关了"}, "business_closed", None),
            ({"comment": "店关了", "stuck": "不会用"}, "business_closed", None),
            ({"reason": ["other"]}, "business_closed", None),
        ],
    )
    def test_which_texts(self, answers, code, learned):
        cancellation = self.corrected(code, **answers)
        found = list(corrections_to_learn_from())
        assert [(each.cancellation, each.example.text, each.example.primary) for each in found] == (
            [] if learned is None else [(cancellation.pk, learned, code)]
        )
        if learned:
            assert found[0].example.language == ("zh" if learned >= "\u3400" else "en")

    def test_training_says_whose_words_it_read(self, small_corpus):
        cancellation = self.corrected("business_closed", comment="店关了")
        version = model_store.train_and_store()
        assert version.figures["corrections"] == 1
        assert version.figures[model_store.LEARNED] == [cancellation.pk]
        assert model_store.forget_models_that_read([cancellation.pk + 1]) == 0
        assert model_store.forget_models_that_read([cancellation.pk]) == 1
        assert model_store.current_model() is None

    def test_test_customers_teach_nothing(self):
        cancellation = self.corrected("business_closed", comment="店关了")
        cancellation.customer.is_test = True
        cancellation.customer.save()
        assert list(corrections_to_learn_from()) == []
