import re

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from surveys.models import ApiKey

CHANGELIST = reverse("admin:surveys_apikey_changelist")
ADD = reverse("admin:surveys_apikey_add")


def shown_secret(page):
    return re.search(r'id="api-key">(wl_[\w-]{43})<', page.content.decode()).group(1)


def test_the_secret_is_shown_once(admin_client, admin_user):
    page = admin_client.post(ADD, {"name": "Billing"})
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    secret = shown_secret(page)
    key = ApiKey.objects.by_secret(secret)
    assert (key.name, key.created_by) == ("Billing", admin_user)
    later = [CHANGELIST, reverse("admin:surveys_apikey_change", args=[key.pk]), "/admin/"]
    for address in later:
        assert secret not in admin_client.get(address).content.decode()
    assert secret not in str(admin_client.cookies)
    assert ApiKey.objects.count() == 1


def test_a_key_without_a_name_is_not_made(admin_client):
    assert "id_name" in admin_client.post(ADD, {"name": " "}).content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_never_edited_nor_deleted(admin_client):
    key, _secret = ApiKey.objects.issue(name="Billing")
    change = reverse("admin:surveys_apikey_change", args=[key.pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"name": "Other"}).status_code == 403
    delete = reverse("admin:surveys_apikey_delete", args=[key.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert ApiKey.objects.get().name == "Billing"


def test_revoking(admin_client):
    key, secret = ApiKey.objects.issue(name="Billing")
    admin_client.post(CHANGELIST, {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert ApiKey.objects.by_secret(secret) is None
    before = key.revoked_at
    admin_client.post(CHANGELIST, {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at == before


@pytest.mark.parametrize(
    ("rights", "sees", "adds", "revokes"),
    [
        ([], 403, 403, False),
        (["view_apikey"], 200, 403, False),
        (["view_apikey", "add_apikey"], 200, 200, False),
        (["view_apikey", "change_apikey"], 200, 403, True),
    ],
)
def test_rights(client, db, rights, sees, adds, revokes):
    user = User.objects.create_user("kim", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    key, _secret = ApiKey.objects.issue(name="Billing")
    assert client.get(CHANGELIST).status_code == sees
    assert client.get(ADD).status_code == adds
    client.post(CHANGELIST, {"action": "revoke", "_selected_action": [key.pk]})
    assert (ApiKey.objects.get().revoked_at is not None) is revokes


def test_queries_of_the_list(admin_client, admin_user, django_assert_num_queries):
    for number in range(12):
        ApiKey.objects.issue(name=f"key {number}", created_by=admin_user)
    admin_client.get(CHANGELIST)
    with django_assert_num_queries(5):  # session, user, count, filter's facet, rows
        admin_client.get(CHANGELIST)


def test_the_command_prints_the_secret_alone(db, capsys):
    call_command("create_api_key", name="Billing")
    printed = capsys.readouterr()
    assert ApiKey.objects.by_secret(printed.out.strip()).name == "Billing"
    assert printed.err == ""


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_the_command_wants_a_name(db, name):
    with pytest.raises(CommandError, match="--name"):
        call_command("create_api_key", name=name)
    assert not ApiKey.objects.exists()
