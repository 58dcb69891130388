"""Forms and their layout, made from questionnaires of every kind of question."""

import pytest
from django.http import QueryDict

from surveys.answers import Content
from surveys.pages.forms import ScreenForm
from surveys.pages.layout import SLOTS, errors_in, lay_out
from surveys.questionnaire import (
    Choice,
    Condition,
    Question,
    Questionnaire,
    QuestionWords,
    VersionWords,
)


def question(key, kind="single", choices=(), screen=1, conditions=(), **options):
    return Question(
        key=key,
        kind=kind,
        role=options.pop("role", "probe"),
        screen=screen,
        words={"en": QuestionWords(label=key)},
        choices=tuple(Choice(name, labels={"en": name}) for name in choices),
        conditions=tuple(Condition(*condition) for condition in conditions),
        **options,
    )


def form_of(*questions, data=None, screen=1, saved=None, preselected=""):
    whole = Questionnaire(
        survey="mine", moment="left", default_language="en", languages=("en",),
        words={"en": VersionWords(title="first")}, questions=questions,
    )  # fmt: skip
    return ScreenForm(
        QueryDict(data) if data is not None else None,
        questionnaire=whole, screen=screen, language="en", seed="token", saved=saved or {},
        preselected=preselected,
    )  # fmt: skip


EVERY_KIND = (
    question("one", choices="ab", required=True),
    question("many", "multiple", "abc"),
    question("words", "text"),
    question("nps", "scale"),
)


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        ("q-one=a", {"one": "a", "many": [], "words": "", "nps": None}),
        (
            "q-one=b&q-many=c&q-many=a&q-words=+hi+&q-nps=0",
            {"one": "b", "many": ["c", "a"], "words": "hi", "nps": 0},
        ),
        ("q-one=a&q-nps=10", {"one": "a", "many": [], "words": "", "nps": 10}),
    ],
)
def test_every_kind_of_answer(data, answers):
    form = form_of(*EVERY_KIND, data=data)
    assert form.is_valid(), form.errors
    assert form.answers() == answers


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ("", {"one"}),
        ("q-one=c", {"one"}),
        ("q-one=a&q-many=a&q-many=z", {"many"}),
        ("q-one=a&q-nps=11", {"nps"}),
        ("q-one=a&q-nps=-1", {"nps"}),
        ("q-one=a&q-nps=five", {"nps"}),
        ("q-one=&q-many=z", {"one", "many"}),
    ],
)
def test_what_is_no_answer(data, wrong):
    form = form_of(*EVERY_KIND, data=data)
    assert not form.is_valid()
    assert set(form.errors) == wrong


def test_required_follow_ups_are_required_only_where_they_are_asked():
    questions = (
        question("one", choices="ab", required=True),
        question("why", "text", conditions=[("one", "a")], required=True),
    )
    assert set(form_of(*questions, data="q-one=a").errors) == {"why"}
    form = form_of(*questions, data="q-one=b&q-why=typed")
    assert form.is_valid()
    assert form.answers() == {"one": "b"}


def test_an_earlier_screen_settles_what_a_later_one_asks():
    questions = (
        question("one", choices="ab"),
        question("after_a", "text", screen=2, conditions=[("one", "a")]),
        question("after_b", "text", screen=2, conditions=[("one", "b")]),
    )
    form = form_of(*questions, screen=2, saved={"one": Content(choices=("a",))}, data="q-after_a=x")
    assert [asked.key for asked in form.asked] == ["after_a"]
    assert form.is_valid()
    assert form.answers() == {"after_a": "x"}
    assert [view.key for view in lay_out(form, title="", with_errors=False)] == ["after_a"]


def test_saved_answers_are_shown_and_win_over_a_preselection():
    questions = (
        question("one", choices="ab", role="reason"),
        question("many", "multiple", "abc"),
        question("words", "text"),
        question("nps", "scale"),
    )
    saved = {
        "one": Content(choices=("a",)),
        "many": Content(choices=("a", "c")),
        "words": Content(text="typed"),
        "nps": Content(scale=0),
    }
    for preselected in ("", "b"):
        form = form_of(*questions, saved=saved, preselected=preselected)
        views = lay_out(form, title="", with_errors=False)
        checked = {
            view.key: [option.key for option in view.options if option.checked] for view in views
        }
        assert checked == {"one": ["a"], "many": ["a", "c"], "words": [], "nps": ["0"]}
        assert views[2].value == "typed"


@pytest.mark.parametrize(
    ("preselected", "checked"), [("b", ["b"]), ("", []), ("gone", []), ("x", [])]
)
def test_a_preselection_is_one_of_the_reasons(preselected, checked):
    questions = (question("one", choices="ab", role="reason"), question("two", choices="xy"))
    view, other = lay_out(form_of(*questions, preselected=preselected), title="", with_errors=False)
    assert [option.key for option in view.options if option.checked] == checked
    assert not any(option.checked for option in other.options)


def test_a_follow_up_of_one_choice_stands_inside_it_even_twice_over():
    form = form_of(
        question("one", choices="ab"),
        question("why", choices="xy", conditions=[("one", "b")]),
        question("deeper", "text", conditions=[("why", "y")]),
        data="q-one=b",
    )
    (top,) = lay_out(form, title="one", with_errors=False)
    assert top.is_title
    (why,) = top.options[1].follow_ups
    (deeper,) = why.options[1].follow_ups
    assert (why.key, deeper.key) == ("why", "deeper")


def test_a_follow_up_of_several_choices_is_matched_by_a_class():
    form = form_of(
        question("one", choices="abc"),
        question("why", "text", conditions=[("one", "a"), ("one", "b")]),
        question("more", "text", conditions=[("one", "b"), ("one", "c")]),
    )
    one, why, more = lay_out(form, title="", with_errors=False)
    assert [option.classes for option in one.options] == ["opens-1", "opens-1 opens-2", "opens-2"]
    assert (why.classes, more.classes) == ("opened-by-1", "opened-by-2")


def test_the_stylesheet_knows_every_such_class():
    from django.conf import settings

    sheet = (settings.BASE_DIR / "surveys/static/surveys/survey.css").read_text("utf-8")
    for slot in range(1, SLOTS + 1):
        taken = f".opens-{slot}:is(:checked, [placeholder]:not(:placeholder-shown))"
        assert f"form:not(:has({taken})) .opened-by-{slot}" in sheet


def test_errors_are_listed_in_the_order_of_reading():
    form = form_of(
        question("one", choices="ab", required=True),
        question("why", choices="xy", conditions=[("one", "a")], required=True),
        question("last", "text", required=True),
        data="q-one=a",
    )
    views = lay_out(form, title="", with_errors=True)
    assert [view.key for view in errors_in(views)] == ["why", "last"]
    assert errors_in(lay_out(form, title="", with_errors=False)) == []
