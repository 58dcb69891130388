"""Respondents' pages do without accounts; what protects a page is the same on every page."""

import pytest
from django.conf import settings as project
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from config.middleware import RESPONDENTS, PolicyMiddleware
from tests.factories.surveys import InvitationFactory

STOCK = {
    "config.middleware.PolicyMiddleware": "csp.middleware.CSPMiddleware",
    "config.middleware.AccountSessionMiddleware": (
        "django.contrib.sessions.middleware.SessionMiddleware"
    ),
    "config.middleware.RespondentLanguageMiddleware": "config.language.LanguageMiddleware",
    "config.middleware.AccountMiddleware": (
        "django.contrib.auth.middleware.AuthenticationMiddleware"
    ),
    "config.middleware.AccountMessageMiddleware": (
        "django.contrib.messages.middleware.MessageMiddleware"
    ),
}
PROTECTING = (
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Strict-Transport-Security",
    "Cache-Control",
    "X-Robots-Tag",
)
PAGES = [
    "/s/{token}/",
    "/s/{token}/?r=price",
    "/s/{token}/?embed=https://vendor.example",
    "/s/{token}/thanks/",
    "/s/{token}/nowhere/",
    "/s/nobody-has-this-token-0/",
    "/u/{token}/",
    "/admin/login/",
    "/healthz",
    "/nowhere",
]


def test_every_one_of_them_is_in_use():
    assert set(STOCK) < set(project.MIDDLEWARE)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("secure", [False, True])
def test_headers_are_those_of_the_stock_middleware(client, settings, page, secure):
    settings.SURVEY_RETURN_ORIGINS = ["https://vendor.example"]
    settings.SECURE_HSTS_SECONDS = 31_536_000
    address = page.format(token=InvitationFactory(for_intent="embed" in page).token)
    headers = {"Accept-Language": "zh-CN,en;q=0.5"}
    ours = client.get(address, headers=headers, secure=secure)
    settings.MIDDLEWARE = [STOCK.get(name, name) for name in project.MIDDLEWARE]
    stock = client.get(address, headers=headers, secure=secure)

    assert ours.status_code == stock.status_code
    for name in (*PROTECTING, "Content-Language"):
        assert ours.headers.get(name) == stock.headers.get(name), name
    assert "default-src" in ours.headers["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/s/{token}/", "/u/{token}/"])
def test_no_session_no_account_no_cookie(client, page):
    client.cookies["sessionid"] = "x" * 32
    request = client.get(page.format(token=InvitationFactory().token))
    assert not {"session", "user", "_messages"} & vars(request.wsgi_request).keys()
    assert not request.cookies
    assert "Cookie" not in request.headers.get("Vary", "")


@pytest.mark.django_db
def test_elsewhere_there_are_accounts(client):
    request = client.get("/admin/login/").wsgi_request
    assert {"session", "user", "_messages"} <= vars(request).keys()


@pytest.mark.parametrize("path", ["/admin/s/", "/sx/", "/", "/api/v1/s/", "//s/x/"])
def test_only_their_own_paths_go_past(path):
    assert not path.startswith(RESPONDENTS)


def test_the_checks_of_the_admin_find_what_they_look_for():
    from config.middleware import AccountMiddleware, AccountSessionMiddleware

    assert issubclass(AccountMiddleware, AuthenticationMiddleware)
    assert issubclass(AccountSessionMiddleware, SessionMiddleware)


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["zh-CN,en;q=0.5", "de", "xx", "", "*", "en-GB;q=0.1,fr"])
def test_the_language_is_the_one_of_the_browser(client, settings, header):
    address = "/s/nobody-has-this-token-0/nowhere/"
    ours = client.get(address, headers={"Accept-Language": header})
    settings.MIDDLEWARE = [STOCK.get(name, name) for name in project.MIDDLEWARE]
    stock = client.get(address, headers={"Accept-Language": header})
    assert ours.wsgi_request.LANGUAGE_CODE == stock.wsgi_request.LANGUAGE_CODE
    assert ours.content == stock.content
    translation.deactivate()


class TestThePolicy:
    def answered(self, response=None, **changes):
        middleware = PolicyMiddleware(lambda request: response or HttpResponse())
        return middleware(RequestFactory().get("/s/x/")).headers

    def test_follows_the_settings(self, settings):
        policy = {"DIRECTIVES": {"default-src": ["'none'"]}}
        settings.CONTENT_SECURITY_POLICY = policy
        assert self.answered()["Content-Security-Policy"] == "default-src 'none'"

    def test_one_of_the_view_s_own_goes_before(self):
        response = HttpResponse()
        response._csp_replace = {"frame-ancestors": ["https://vendor.example"]}
        policy = self.answered(response)["Content-Security-Policy"]
        assert "frame-ancestors https://vendor.example" in policy

    def test_a_view_that_is_exempt_has_none(self):
        response = HttpResponse()
        response._csp_exempt = True
        assert "Content-Security-Policy" not in self.answered(response)

    def test_one_that_only_reports_is_sent_as_well(self, settings):
        settings.CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"img-src": ["'none'"]}}
        headers = self.answered()
        assert "img-src 'none'" in headers["Content-Security-Policy-Report-Only"]
        assert "default-src" in headers["Content-Security-Policy"]
