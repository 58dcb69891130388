"""People who use the admin, by what they may do."""

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from config.roles import RoleName, install_roles

BACKEND = "django.contrib.auth.backends.ModelBackend"


def staff(*permissions, name="mara"):
    """A user of the admin who holds these permissions (``app.codename``) and no others."""
    user = User.objects.create_user(name, is_staff=True)
    for each in permissions:
        app, codename = each.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def of_role(role):
    install_roles()
    user = User.objects.create_user(RoleName(role).value, is_staff=True)
    user.groups.add(Group.objects.get(name=RoleName(role).value))
    return user


def logged_in(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client
