"""The pages that stand when nothing else does: whole, with their words, without a database."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

PAGES = {
    "400.html": ("This request was not understood", "Go back and try again"),
    "403.html": ("You may not see this page", "ask an administrator"),
    "403_csrf.html": ("This form could not be taken", "send it again"),
    "404.html": ("There is nothing here", "what it led to is gone"),
    "500.html": ("Something went wrong on our side", "what was saved before is safe"),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_says_what_and_what_to_do(name):
    title, advice = PAGES[name]
    page = render_to_string(name)
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert f"<title>{title}</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert advice in page
    assert "/admin/" not in page


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_speaks_chinese(name):
    title, advice = PAGES[name]
    with translation.override("zh-hans"):
        page = render_to_string(name)
    assert 'lang="zh-hans"' in page
    assert title not in page
    assert advice not in page


@pytest.mark.parametrize(("path", "shown"), [("/admin/nowhere/", True), ("/s/nowhere/", False)])
def test_way_back_is_for_those_who_came_from_the_admin(rf, path, shown):
    page = render_to_string("404.html", request=rf.get(path))
    assert ('<a href="/admin/">' in page) is shown
