import pytest
from django.urls import reverse

from tests.factories.reasons import answered
from tests.factories.surveys import CancellationFactory, InvitationFactory
from tests.factories.users import logged_in, staff

pytestmark = pytest.mark.django_db
SECRET = "<b>the export</b> kept failing"
LIST = "/admin/surveys/response/"


@pytest.fixture
def response():
    return answered(
        CancellationFactory(),
        language="zh-hans",
        reason=["missing_or_broken"],
        stuck=SECRET,
    )


def change(row):
    return reverse(f"admin:surveys_{row._meta.model_name}_change", args=[row.pk])


def test_answers_stand_in_the_words_that_the_customer_saw(analyst, response):
    page = analyst.get(change(response)).content.decode()
    assert "缺少我们需要的功能，或者有些地方用不了" in page
    assert "&lt;b&gt;the export&lt;/b&gt; kept failing" in page
    assert SECRET not in page


def test_only_the_current_answer_is_shown(analyst, response):
    answer = response.answers.get(question__key="stuck")
    answer.is_current = False
    answer.save()
    assert "kept failing" not in analyst.get(change(response)).content.decode()


def test_without_verbatims_no_answer_is_shown(response):
    client = logged_in(staff("surveys.view_response", "surveys.view_answer"))
    page = client.get(change(response)).content.decode()
    assert "You may not read what customers wrote." in page
    assert "kept failing" not in page
    assert "缺少我们需要的功能" not in page


@pytest.mark.parametrize(
    "query",
    [
        "?answers__text__contains=export",
        "?answers__choices__contains=price",
        "?q=export",
        "?survey_version__responses__answers__text__contains=export",
    ],
)
def test_nor_found_out_by_asking(response, query):
    client = logged_in(staff("surveys.view_response"))
    listed = client.get(LIST + query)
    assert listed.status_code == 400 or listed.context["cl"].result_count == 0


def test_responses_are_never_changed(administrator, response):
    assert administrator.post(change(response), {"language": "en"}).status_code == 403
    assert administrator.get(LIST + "add/").status_code == 403
    url = reverse("admin:surveys_response_delete", args=[response.pk])
    assert administrator.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("permissions", "is_answered", "sees"),
    [
        (["surveys.view_invitation"], False, False),
        (["surveys.view_invitation", "surveys.change_invitation"], False, True),
        (["surveys.view_invitation", "surveys.change_invitation"], True, False),
        (["surveys.view_invitation", "surveys.view_verbatims"], True, True),
    ],
)
def test_the_link_shows_answers_and_is_kept_like_them(permissions, is_answered, sees):
    invitation = InvitationFactory()
    if is_answered:
        invitation = answered(CancellationFactory(), stuck=SECRET).invitation
    page = logged_in(staff(*permissions)).get(change(invitation)).content.decode()
    assert (invitation.token in page) is sees


@pytest.mark.parametrize("sees", [True, False])
def test_the_mail_is_shown_to_those_who_may_see_contacts(sees):
    invitation = InvitationFactory(contact__name="<b>Ada</b>")
    permissions = ["surveys.view_invitation", "surveys.change_invitation"]
    client = logged_in(staff(*permissions, *(["surveys.view_contact"] if sees else [])))
    page = client.get(change(invitation)).content.decode()
    assert ('class="mail"' in page) is sees
    assert "<b>Ada</b>" not in page


def test_waiting_invitations_are_withdrawn_sent_ones_are_not(administrator):
    waiting = InvitationFactory(state="scheduled", sent_at=None)
    sent = InvitationFactory(state="sent")
    administrator.post(
        "/admin/surveys/invitation/",
        {"action": "withdraw_invitations", "_selected_action": [waiting.pk, sent.pk]},
    )
    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, sent.state) == ("withdrawn", "sent")
    assert waiting.withheld_because == "Withdrawn by hand."


def test_withdrawing_needs_its_permission():
    waiting = InvitationFactory(state="scheduled", sent_at=None)
    client = logged_in(staff("surveys.view_invitation"))
    client.post(
        "/admin/surveys/invitation/",
        {"action": "withdraw_invitations", "_selected_action": [waiting.pk]},
    )
    waiting.refresh_from_db()
    assert waiting.state == "scheduled"
