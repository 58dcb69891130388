"""Reading a form without building it: as the form would, or not at all."""

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from surveys.answers import TEXT_LIMIT, content_of
from surveys.models import QuestionKind as Kind
from surveys.models import QuestionRole
from surveys.pages.forms import ScreenForm
from surveys.pages.plain_form import plain_answers
from surveys.questionnaire import Choice, Condition, Question, Questionnaire

CHOICES = tuple(Choice(key) for key in ("a", "b", "c"))
QUESTIONS = (
    Question("one", Kind.SINGLE, QuestionRole.REASON, required=True, choices=CHOICES),
    Question("many", Kind.MULTIPLE, QuestionRole.CONTRIBUTING, choices=CHOICES),
    Question("scale", Kind.SCALE, QuestionRole.COMMENT),
    Question("text", Kind.TEXT, QuestionRole.STUCK),
    Question(
        "under", Kind.TEXT, QuestionRole.COMMENT, required=True,
        conditions=(Condition("one", "b"), Condition("text", test="text")),
    ),
    Question(
        "low", Kind.SINGLE, QuestionRole.PROBE, choices=CHOICES,
        conditions=(Condition("scale", test="scale", at_least=0, at_most=6),),
    ),
    Question("later", Kind.TEXT, QuestionRole.COMMENT, screen=2),
)  # fmt: skip
SURVEY = Questionnaire("test", "left", "en", ("en",), {}, QUESTIONS)
VALUES = st.one_of(
    st.sampled_from(["", "a", "b", "c", "0", "5", "10", "11", "05", "-1", " ", " a", "x", "٣"]),
    st.text(max_size=12),
    st.sampled_from(["\x00", "\ud800", " \r\n ", "a\r\nb\rc", "x" * TEXT_LIMIT]),
    st.sampled_from(["x" * (TEXT_LIMIT + 1), "\x00" + "x" * TEXT_LIMIT, f"  {'x' * TEXT_LIMIT} "]),
)
FIELDS = [f"q-{question.key}" for question in QUESTIONS] + ["other"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.lists(VALUES, max_size=3)))
def test_the_same_as_the_form(sent):
    data = QueryDict(mutable=True)
    for name, values in sent.items():
        data.setlist(name, values)
    form = ScreenForm(data, questionnaire=SURVEY, screen=1, language="en", seed="token", saved={})
    answers = plain_answers(SURVEY, 1, data)
    if answers is None:
        return
    assert form.is_valid()
    asked = {question.key: question for question in QUESTIONS}
    expected = form.answers()
    assert answers.keys() == expected.keys()
    for key, value in answers.items():
        assert content_of(asked[key], value) == content_of(asked[key], expected[key])


def test_a_form_without_fault_is_read():
    data = QueryDict(
        "q-one=a&q-one=b&q-many=c&q-many=a&q-scale=6&q-text=Hi%00&q-under=+x+&q-low=b&q-later=no"
    )
    assert plain_answers(SURVEY, 1, data) == {
        "one": "b", "many": ["c", "a"], "scale": 6, "text": "Hi", "under": "x", "low": "b",
    }  # fmt: skip


def test_what_is_not_open_is_left_out():
    assert plain_answers(SURVEY, 1, QueryDict("q-one=a&q-under=x&q-low=b")) == {
        "one": "a", "many": [], "scale": None, "text": "",
    }  # fmt: skip


def test_what_the_form_would_refuse_is_left_to_it():
    for wrong in (
        "", "q-one=", "q-one=x", "q-one=a&q-many=x", "q-one=a&q-scale=11", "q-one=b",
        "q-one=a&q-text=Hi", f"q-one=a&q-text={'x' * (TEXT_LIMIT + 1)}", "q-one=a&q-many=",
    ):  # fmt: skip
        assert plain_answers(SURVEY, 1, QueryDict(wrong)) is None
