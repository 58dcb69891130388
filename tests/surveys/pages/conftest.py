import re

import pytest

from surveys.models import Answer
from tests.factories.surveys import InvitationFactory, published_version


@pytest.fixture
def invitation(db):
    return InvitationFactory(survey_version=published_version())


@pytest.fixture
def survey(client):
    """Posts and gets the pages of an invitation: ``survey(invitation, "2/", data)``."""

    def call(invitation, page="", data=None, **headers):
        address = f"/s/{invitation.token}/{page}"
        if data is None:
            return client.get(address, headers=headers)
        return client.post(address, data, headers=headers)

    return call


@pytest.fixture
def current():
    """The current answers to an invitation's survey, by question key."""

    def answers(invitation):
        rows = Answer.objects.current().filter(response__invitation=invitation)
        return {
            row.question.key: row.scale if row.scale is not None else row.choices or row.text
            for row in rows.select_related("question")
        }

    return answers


def html(response):
    return response.content.decode()


def checked(page):
    """The ids of what is checked on a page."""
    return re.findall(r'id="([\w-]+)"(?: class="[^"]*")? checked', html(page))
