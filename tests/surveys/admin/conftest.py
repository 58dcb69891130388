import pytest

from tests.factories.users import logged_in, of_role


@pytest.fixture
def administrator(db):
    return logged_in(of_role("administrator"))


@pytest.fixture
def analyst(db):
    return logged_in(of_role("analyst"))


@pytest.fixture
def editor(db):
    return logged_in(of_role("editor"))


@pytest.fixture
def viewer(db):
    return logged_in(of_role("viewer"))
