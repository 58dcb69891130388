"""Keys: made from wordings, and never coming to mean something else."""

import pytest

from surveys.earlier import earlier_in, key_from
from tests.surveys.asked import asked, listed, written

EARLIER = earlier_in(
    [
        asked(listed("reason", "price", "gone", role="reason")),
        asked(listed("reason", "price", role="reason"), written("comment")),
    ]
)


@pytest.mark.parametrize(
    ("wording", "key"),
    [
        ("It cost too much", "it_cost_too_much"),
        ("We didn’t get enough", "we_didnt_get_enough"),
        ("  Où ça, là?  ", "ou_ca_la"),
        ("太贵了", ""),
        ("<script>alert(1)</script>", "scriptalert1script"),
        ("a" * 60, "a" * 40),
        ("the first five words of this long sentence", "the_first_five_words_of_this_long"),
    ],
)  # fmt: skip
def test_a_key_is_made_from_the_wording(wording, key):
    assert key_from(wording) == key


@pytest.mark.parametrize(
    ("wording", "taken", "key"),
    [
        ("Too slow", (), "too_slow"),
        ("Too slow", ("too_slow",), "too_slow_2"),
        ("太慢", (), "choice"),
        ("太慢", ("choice", "choice_2"), "choice_3"),
        # It was offered before under this key with another wording: that key is never used again.
        ("Price", (), "price_2"),
        ("Gone", (), "gone_2"),
        # The very same wording is the very same choice.
        ("gone!", (), "gone"),
        (" GONE! ", (), "gone"),
        ("gone!", ("gone",), "gone_2"),
    ],
)
def test_a_new_choice_never_takes_over_the_key_of_another(wording, taken, key):
    assert EARLIER.choice_key("reason", wording, taken=taken) == key


def test_keys_of_choices_belong_to_their_question():
    assert EARLIER.choice_key("another", "Price", taken=()) == "price"


def test_a_new_question_never_takes_over_the_key_of_another():
    assert EARLIER.question_key("Comment", taken=()) == "comment_2"
    assert EARLIER.question_key("comment?", taken=()) == "comment"
    assert EARLIER.question_key("還有嗎", taken=()) == "question"
