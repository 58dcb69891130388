"""Editing a draft's questions by plain forms: nothing typed is lost, keys keep their meaning."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from reasons.defaults import install_defaults
from reasons.models import ChoiceMapping, Reason
from surveys.drafts import copy_to_draft, current_content
from surveys.models import SurveyVersion
from tests.factories.users import logged_in, staff
from tests.surveys.asked import published_exit_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(db):
    install_defaults()
    return copy_to_draft(published_exit_survey())


def url(draft, name, *args):
    return reverse(f"admin:surveys_surveyversion_{name}", args=[draft.pk, *args])


def content(draft):
    return current_content(SurveyVersion.objects.select_related("survey").get(pk=draft.pk))


def sent(page):
    """What a browser would send if nothing was changed."""
    editing = page.context["editing"]
    data = {"base": editing.base}
    forms = [editing.form, *editing.choices.forms, *editing.conditions.forms]
    for field in (field for form in forms for field in form):
        value = field.value()
        if value not in (None, False, ""):
            data[field.html_name] = "on" if value is True else value
        elif field.name in ("key", "label", "means", "help_text"):
            data[field.html_name] = ""
    data["choices-count"] = len(editing.choices.forms)
    data["conditions-count"] = len(editing.conditions.forms)
    return data


def opened(client, draft, key):
    return sent(client.get(url(draft, "question", key)))


def test_saving_what_was_shown_changes_nothing(editor, draft):
    before = content(draft)
    for question in before.questions:
        data = opened(editor, draft, question.key)
        assert editor.post(url(draft, "question", question.key), data).status_code == 302
    assert content(draft) == before


def test_a_reworded_choice_keeps_its_key_its_meaning_and_its_translations(editor, draft):
    data = opened(editor, draft, "reason")
    data |= {"choices-0-label": "Too dear", "label": "Why did you go?"}
    assert editor.post(url(draft, "question", "reason"), data).status_code == 302
    after = content(draft)
    choice = after.question("reason").choices[0]
    assert (choice.key, choice.labels["en"]) == ("price", "Too dear")
    assert choice.labels["zh-hans"]
    # The page's title repeated the question: it goes on doing so.
    assert after.words["en"].title == "Why did you go?"
    meaning = ChoiceMapping.objects.get(
        survey_key="exit", question_key="reason", choice_key="price"
    )
    assert meaning.reason.code == "price_unprobed"
    assert LogEntry.objects.filter(object_id=draft.pk, user__username="editor").exists()


def test_a_new_choice_gets_a_key_from_its_wording_and_the_meaning_chosen(editor, draft):
    data = opened(editor, draft, "hard_which")
    number = data["choices-count"]
    slow = Reason.objects.get(code="performance")
    data |= {
        "choices-count": number + 1,
        f"choices-{number}-label": "It <script>alert(1)</script>",
        f"choices-{number}-means": slow.pk,
    }
    assert editor.post(url(draft, "question", "hard_which"), data).status_code == 302
    choice = content(draft).question("hard_which").choices[-1]
    assert choice.key == "it_scriptalert1script"
    meaning = ChoiceMapping.objects.get(choice_key=choice.key, survey_key="exit")
    assert meaning.reason == slow
    page = editor.get(url(draft, "change")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_choice_removed_and_added_again_is_the_same_choice(editor, draft):
    data = opened(editor, draft, "hard_which")
    keys = [data[f"choices-{at}-key"] for at in range(data["choices-count"])]
    at = keys.index("support")
    address = url(draft, "question", "hard_which")
    page = editor.post(address, data | {"do": f"choices-remove-{at}"})
    assert editor.post(address, sent(page)).status_code == 302
    assert "support" not in content(draft).question("hard_which").choice_keys
    # It is offered to be brought back, with the meaning that it had.
    page = editor.post(address, opened(editor, draft, "hard_which") | {"do": "back-support"})
    data = sent(page)
    last = data["choices-count"] - 1
    assert data[f"choices-{last}-key"] == "support"
    assert data[f"choices-{last}-means"] == str(Reason.objects.get(code="support_quality").pk)
    assert editor.post(address, data).status_code == 302
    after = content(draft).question("hard_which").choices[-1]
    assert after.key == "support"
    assert after.labels["zh-hans"]


def test_another_wording_never_takes_over_a_key_that_was_used(editor, draft):
    address = url(draft, "question", "hard_which")
    data = opened(editor, draft, "hard_which")
    page = editor.post(address, data | {"do": "choices-remove-1"})
    data = sent(page)
    number = data["choices-count"]
    removed = (
        {"hard_to_use", "support"} - {data[f"choices-{at}-key"] for at in range(number)}
    ).pop()
    data |= {"choices-count": number + 1, f"choices-{number}-label": removed.replace("_", " ")}
    editor.post(address, data)
    assert content(draft).question("hard_which").choices[-1].key == f"{removed}_2"


def test_buttons_move_rows_and_lose_nothing(editor, draft):
    address = url(draft, "question", "reason")
    data = opened(editor, draft, "reason") | {"label": "Half typ", "choices-1-label": "Also typed"}
    page = editor.post(address, data | {"do": "choices-up-1"})
    assert page.status_code == 200
    data = sent(page)
    assert data["label"] == "Half typ"
    assert data["choices-0-label"] == "Also typed"
    data = sent(editor.post(address, data | {"do": "choices-add"}))
    assert data["choices-count"] == 8
    data = sent(editor.post(address, data | {"do": "conditions-add"}))
    assert data["conditions-count"] == 1
    assert content(draft) == current_content(published_exit_survey())


def test_errors_stand_beside_the_field_and_keep_what_was_typed(editor, draft):
    address = url(draft, "question", "destination_name")
    data = opened(editor, draft, "destination_name")
    data |= {"label": "", "help_text": "Still here", "conditions-0-when": ""}
    page = editor.post(address, data)
    assert page.status_code == 422
    html = page.content.decode()
    assert "Write what is asked." in html
    assert "Choose one, or remove the line." in html
    assert "Still here" in html
    # An existing choice is removed by its button, not by emptying it.
    data = opened(editor, draft, "destination") | {"choices-0-label": "  "}
    page = editor.post(url(draft, "question", "destination"), data)
    assert "Write the choice, or remove it." in page.content.decode()


def test_conditions_are_chosen_from_lists(editor, draft):
    data = opened(editor, draft, "comment")
    data |= {
        "conditions-count": 2,
        "conditions-0-when": "choice:reason:price",
        "conditions-1-when": "text:stuck",
    }
    assert editor.post(url(draft, "question", "comment"), data).status_code == 302
    conditions = content(draft).question("comment").conditions
    assert {(c.question, c.choice, c.test) for c in conditions} == {
        ("reason", "price", "choice"),
        ("stuck", "", "text"),
    }
    page = editor.get(url(draft, "change")).content.decode()
    assert "something was written under" in page
    # A later question is not offered.
    page = editor.get(url(draft, "question", "stuck"))
    data = sent(page) | {"conditions-count": 1, "conditions-0-when": "text:comment"}
    assert editor.post(url(draft, "question", "stuck"), data).status_code == 422


@pytest.mark.parametrize(
    ("low", "high", "status"), [("0", "6", 302), ("6", "0", 422), ("", "3", 422), ("0", "11", 422)]
)
def test_a_scale_is_asked_for_its_range(editor, draft, low, high, status):
    data = sent(editor.get(url(draft, "new_question") + "?screen=2"))
    data |= {"label": "How likely?", "kind": "scale", "role": "comment", "screen": "2"}
    assert editor.post(url(draft, "new_question"), data).status_code == 302
    assert content(draft).question("how_likely").kind == "scale"
    data = sent(editor.get(url(draft, "new_question") + "?screen=3"))
    data |= {
        "label": "Why so low?", "kind": "text", "role": "comment", "screen": "3",
        "conditions-count": 1, "conditions-0-when": "scale:how_likely",
        "conditions-0-at_least": low, "conditions-0-at_most": high,
    }  # fmt: skip
    assert editor.post(url(draft, "new_question"), data).status_code == status


def test_removing_a_choice_with_a_follow_up_asks_first(editor, draft):
    address = url(draft, "question", "reason")
    data = opened(editor, draft, "reason")
    page = editor.post(address, data | {"do": "choices-remove-0"})
    data = sent(page)
    page = editor.post(address, data)
    assert page.status_code == 409
    assert "They are removed as well" in page.content.decode()
    assert content(draft).question("price_probe")
    assert editor.post(address, data | {"agreed": page.context["agreed"]}).status_code == 302
    assert "price_probe" not in [q.key for q in content(draft).questions]


def test_deleting_a_question_says_what_goes_along(editor, draft):
    address = url(draft, "delete_question", "destination")
    page = editor.get(address).content.decode()
    name = content(draft).question("destination_name").words["en"].label
    assert name in page
    editor.post(address)
    keys = [question.key for question in content(draft).questions]
    assert not {"destination", "destination_name"} & set(keys)


def test_two_at_work_do_not_overwrite_each_other_unasked(editor, administrator, draft):
    address = url(draft, "question", "comment")
    first, second = opened(editor, draft, "comment"), opened(administrator, draft, "comment")
    editor.post(address, first | {"label": "Mine"})
    page = administrator.post(address, second | {"label": "Theirs"})
    assert page.status_code == 409
    assert content(draft).question("comment").words["en"].label == "Mine"
    assert "Theirs" in page.content.decode()
    assert administrator.post(address, sent(page) | {"label": "Theirs"}).status_code == 302
    assert content(draft).question("comment").words["en"].label == "Theirs"


def test_moving_by_buttons(editor, draft):
    before = [question.key for question in content(draft).questions]
    editor.post(url(draft, "move", before[1]), {"to": "up"})
    after = [question.key for question in content(draft).questions]
    assert after == [before[1], before[0], *before[2:]]
    assert editor.get(url(draft, "move", before[1])).status_code == 405


def test_a_question_that_was_asked_keeps_its_kind(editor, draft):
    data = opened(editor, draft, "reason") | {"kind": "text"}
    page = editor.post(url(draft, "question", "reason"), data)
    assert page.status_code == 422
    assert content(draft).question("reason").kind == "single"


def test_meanings_are_changed_only_by_those_who_may(draft):
    client = logged_in(
        staff("surveys.view_surveyversion", "surveys.change_surveyversion", name="texter")
    )
    page = client.get(url(draft, "question", "reason"))
    assert "means" not in page.context["editing"].choices.forms[0].fields
    data = sent(page) | {"choices-0-means": Reason.objects.get(code="performance").pk}
    assert client.post(url(draft, "question", "reason"), data).status_code == 302
    meaning = ChoiceMapping.objects.get(
        survey_key="exit", question_key="reason", choice_key="price"
    )
    assert meaning.reason.code == "price_unprobed"


@pytest.mark.parametrize("data", [{"choices-count": "x"}, {"choices-count": "999999"}, {}])
def test_a_made_up_form_does_no_harm(editor, draft, data):
    before = content(draft)
    page = editor.post(url(draft, "question", "reason"), {"label": "\x00", **data})
    assert page.status_code == 422
    assert content(draft) == before
