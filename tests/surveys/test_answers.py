"""What an answer to a question can be, and how it is cleaned."""

import pytest

from surveys.answers import AnswerRefusedError, Content, clean_verbatim, content_of
from surveys.questionnaire import Question


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        (" lines\r\nand\rmore \n", "lines\nand\nmore"),
        ("=1+1", "=1+1"),
        ("👩‍👩‍👧 é e\u0301 \u202e", "👩‍👩‍👧 é e\u0301 \u202e"),
    ],
)
def test_verbatims_stay_as_typed_but_for_what_no_database_stores(typed, kept):
    assert clean_verbatim(typed) == kept


@pytest.mark.parametrize(
    ("value", "stored"),
    [(0, Content(scale=0)), (10, Content(scale=10)), (None, Content()), ("", Content())],
)
def test_a_scale_goes_from_0_to_10(value, stored):
    assert content_of(scale_question(), value) == stored


@pytest.mark.parametrize("value", [-1, 11, "5", True, [5]])
def test_a_scale_takes_nothing_else(value):
    with pytest.raises(AnswerRefusedError):
        content_of(scale_question(), value)


def scale_question():
    return Question(key="nps", kind="scale", role="comment")
