"""The four roles, and what they may not do."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from config.roles import PERMISSIONS, RoleName, install_roles
from reasons.models import ClassifierVersion, Reason
from surveys.models import Survey, SurveyVersion
from tests.factories.reasons import stored_small_model

pytestmark = pytest.mark.django_db


def user_with(role):
    install_roles()
    user = get_user_model().objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


# Role by role: viewer, analyst, editor, administrator.
MAY = {
    "analytics.view_figures": (True, True, True, True),
    "surveys.view_verbatims": (False, True, False, True),
    "reasons.correct_classification": (False, True, False, True),
    "surveys.view_customer": (False, True, False, True),
    "surveys.view_response": (False, True, False, True),
    "surveys.view_contact": (False, False, False, True),
    "surveys.change_survey": (False, False, True, True),
    "surveys.add_surveyversion": (False, False, True, True),
    "surveys.delete_choice": (False, False, True, True),
    "surveys.delete_survey": (False, False, False, True),
    "surveys.change_routingrule": (False, False, True, True),
    "reasons.change_choicemapping": (False, False, True, True),
    "reasons.change_reason": (False, False, False, True),
    "surveys.add_apikey": (False, False, False, True),
    "auth.change_user": (False, False, False, True),
}


@pytest.mark.parametrize(("permission", "expected"), MAY.items(), ids=MAY.keys())
def test_who_may(permission, expected):
    assert tuple(user_with(role).has_perm(permission) for role in RoleName) == expected


def test_second_run_makes_nothing_and_keeps_a_teams_choice():
    assert install_roles() == [role.value for role in RoleName]
    viewers = Group.objects.get(name=RoleName.VIEWER)
    viewers.permissions.add(Permission.objects.get(codename="view_verbatims"))
    administrators = Group.objects.get(name=RoleName.ADMINISTRATOR)
    administrators.permissions.clear()
    assert install_roles() == []
    assert viewers.permissions.count() == len(PERMISSIONS[RoleName.VIEWER]) + 1
    assert administrators.permissions.count() == Permission.objects.count()


def test_setup_defaults_installs_everything_once(capsys):
    stored_small_model()
    call_command("setup_defaults")
    first = capsys.readouterr().out
    assert "roles: 4 added" in first
    assert "models: 0 added" in first
    assert Reason.objects.exists()
    assert set(Survey.objects.values_list("key", flat=True)) >= {"exit", "cancellation"}
    assert SurveyVersion.objects.filter(published_at__isnull=False).count() == 2
    call_command("setup_defaults")
    second = capsys.readouterr().out
    assert second.count(": 0 added") == second.count("added") == first.count("added")


def test_setup_defaults_trains_where_no_model_is(monkeypatch):
    trained = []
    monkeypatch.setattr("reasons.model_store.train_and_store", lambda **kw: trained.append(kw))
    call_command("setup_defaults", no_model=True)
    assert trained == []
    call_command("setup_defaults")
    assert len(trained) == 1
    assert not ClassifierVersion.objects.exists()
