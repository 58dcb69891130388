"""The admin site: who sees what, the navigation, the policy, the pages of errors."""

import re

import pytest
from django.contrib import admin
from django.test import RequestFactory, override_settings
from django.urls import reverse

from config.admin_site import WhyleftAdminSite
from config.roles import RoleName
from reasons.models import Reading
from tests.factories.surveys import CancellationFactory
from tests.factories.users import logged_in, of_role, staff

pytestmark = pytest.mark.django_db

FIGURES, CHURN, VERBATIMS = "/admin/", "/admin/churn-rates/", "/admin/verbatims/"
SURVEYS, CUSTOMERS = "/admin/surveys/survey/", "/admin/surveys/customer/"
RESPONSES, INVITATIONS = "/admin/surveys/response/", "/admin/surveys/invitation/"
CLASSIFICATIONS, REASONS = "/admin/reasons/classification/", "/admin/reasons/reason/"
ASKED = "/admin/surveys/response/who-was-asked/"
KEYS, USERS, ALL = "/admin/surveys/apikey/", "/admin/auth/user/", "/admin/everything/"

MAY_OPEN = {
    RoleName.VIEWER: {FIGURES, CHURN, ALL},
    RoleName.ANALYST: {
        *(FIGURES, CHURN, ALL, VERBATIMS, SURVEYS, ASKED, CUSTOMERS, RESPONSES),
        *(CLASSIFICATIONS, REASONS),
    },
    RoleName.EDITOR: {FIGURES, CHURN, ALL, SURVEYS, ASKED, REASONS},
    RoleName.ADMINISTRATOR: {
        *(FIGURES, CHURN, ALL, VERBATIMS, SURVEYS, ASKED, CUSTOMERS, RESPONSES),
        INVITATIONS,
        *(CLASSIFICATIONS, REASONS, KEYS, USERS),
    },
}
EVERY_PAGE = sorted(MAY_OPEN[RoleName.ADMINISTRATOR])


@pytest.mark.parametrize("role", RoleName)
def test_each_role_opens_its_pages_and_no_others(role):
    client = logged_in(of_role(role))
    for url in EVERY_PAGE:
        expected = 200 if url in MAY_OPEN[role] else 403
        assert (url, client.get(url).status_code) == (url, expected)


def test_strangers_log_in_first(client):
    for url in EVERY_PAGE:
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_who_is_no_staff_sees_nothing(django_user_model):
    user = django_user_model.objects.create_user("outsider")
    assert logged_in(user).get(FIGURES).status_code == 302


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (RoleName.VIEWER, ["Why customers leave", "Churn rates", "All"]),
        (
            RoleName.ANALYST,
            [
                *("Why customers leave", "Verbatims", "Review", "Surveys", "Who was asked"),
                *("Churn rates", "Customers", "All"),
            ],
        ),
        (
            RoleName.EDITOR,
            ["Why customers leave", "Surveys", "Who was asked", "Churn rates", "All"],
        ),
    ],
)
def test_navigation_leads_only_where_one_may_go(role, labels):
    client = logged_in(of_role(role))
    entries = client.get(ALL).context["navigation"]
    assert [str(each["label"]) for each in entries] == labels
    for each in entries:
        assert client.get(each["url"]).status_code == 200


@pytest.mark.parametrize(
    ("url", "label"),
    [
        (FIGURES, "Why customers leave"),
        (VERBATIMS, "Verbatims"),
        (CHURN, "Churn rates"),
        (CUSTOMERS, "Customers"),
        (ALL, "All"),
    ],
)
def test_navigation_says_where_one_is(url, label):
    client = logged_in(of_role(RoleName.ANALYST))
    current = [each for each in client.get(url).context["navigation"] if each["is_current"]]
    assert [str(each["label"]) for each in current] == [label]


def test_navigation_says_how_many_wait_for_review():
    for wants in (True, True, False):
        Reading.objects.create(
            cancellation=CancellationFactory(), content_version=1, wants_review=wants
        )
    client = logged_in(of_role(RoleName.ANALYST))
    [review] = [each for each in client.get(ALL).context["navigation"] if each["waiting"]]
    assert (str(review["label"]), review["waiting"]) == ("Review", 2)


def test_without_figures_the_first_page_lists_everything():
    response = logged_in(staff("surveys.view_customer")).get(FIGURES)
    assert response.status_code == 200
    assert [app["app_label"] for app in response.context["app_list"]] == ["surveys"]


def test_the_root_leads_to_the_first_page(client):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_navigation_of_a_site_that_registers_nothing():
    site = WhyleftAdminSite(name="admin")
    request = RequestFactory().get(FIGURES)
    request.user = of_role(RoleName.VIEWER)
    assert site.each_context(request)["navigation"]


@pytest.mark.parametrize("url", [*EVERY_PAGE, "/admin/surveys/cancellation/add/", "/admin/login/"])
def test_strict_policy_and_nothing_inline(url):
    response = logged_in(of_role(RoleName.ADMINISTRATOR)).get(url, follow=True)
    assert "unsafe" not in response["Content-Security-Policy"]
    body = response.content.decode()
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", body)
    assert "<style" not in body
    for script in re.findall(r"<script[^>]*>", body):
        assert "src=" in script or 'type="application/json"' in script
    assert not re.search(r'(src|href)="(https?:)?//', body)


def test_no_list_is_without_its_bar_of_actions():
    # Without one the plain admin's template writes a style into the page, which the policy stops.
    for model_admin in admin.site._registry.values():
        assert model_admin.actions_on_top or model_admin.actions_on_bottom


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("/nothing-here/", 404, "There is nothing here"),
        ("/admin/nothing-here/", 404, "There is nothing here"),
        (VERBATIMS, 403, "You may not see this page"),
    ],
)
def test_pages_of_errors_are_plain_and_friendly(url, status, said):
    response = logged_in(of_role(RoleName.VIEWER)).get(url)
    assert response.status_code == status
    body = response.content.decode()
    assert said in body
    assert not re.search(r"\sstyle=|<style|<script", body)
    assert ('href="/admin/"' in body) is url.startswith("/admin/")


def test_a_form_of_another_page_is_refused_kindly():
    client = logged_in(of_role(RoleName.VIEWER))
    client.handler.enforce_csrf_checks = True
    response = client.post(reverse("admin:logout"))
    assert response.status_code == 403
    assert "This form could not be taken" in response.content.decode()


def test_a_fault_on_our_side_is_said_plainly(client, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("django.contrib.auth.views.LoginView.dispatch", fails)
    client.raise_request_exception = False
    response = client.get("/admin/login/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


@override_settings(ALLOWED_HOSTS=["example.com"])
def test_a_request_for_another_host_is_not_understood(client):
    response = client.get("/admin/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "This request was not understood" in response.content.decode()
