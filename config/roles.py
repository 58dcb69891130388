"""The four roles, as groups of Django's own: what each may do stands here and nowhere else.

A team may change what a role may do, in the admin: a group that exists is left as it is, but for
the administrators, who may do everything, whatever a later version adds.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q


class RoleName(StrEnum):
    VIEWER = "viewer"
    ANALYST = "analyst"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"


VIEWER = frozenset({"analytics.view_figures"})

# Verbatims are asked for where they are shown; the rows around them say who left and when.
ANALYST = VIEWER | {
    "surveys.view_verbatims",
    "reasons.correct_classification",
    "surveys.view_customer",
    "surveys.view_subscription",
    "surveys.view_cancellation",
    "surveys.view_loss",
    "surveys.view_contraction",
    "surveys.view_response",
    "surveys.view_answer",
    "surveys.view_survey",
    "surveys.view_surveyversion",
    "reasons.view_classification",
    "reasons.view_reason",
    "reasons.view_choicemapping",
    "reasons.view_providermapping",
}

# A draft's rows may be deleted; published versions are frozen whatever a permission says.
DRAFT_MODELS = (
    "versiontext",
    "question",
    "questiontext",
    "choice",
    "choicetext",
    "condition",
    "routingrule",
)
EDITOR = (
    VIEWER
    | {
        f"surveys.{action}_{model}"
        for model in DRAFT_MODELS
        for action in ("view", "add", "change", "delete")
    }
    | {
        f"surveys.{action}_{model}"
        for model in ("survey", "surveyversion")
        for action in ("view", "add", "change")
    }
    | {f"reasons.{action}_choicemapping" for action in ("view", "add", "change", "delete")}
    | {"reasons.view_reason"}
)

PERMISSIONS = {
    RoleName.VIEWER: VIEWER,
    RoleName.ANALYST: ANALYST,
    RoleName.EDITOR: EDITOR,
}


@transaction.atomic
def install_roles() -> list[str]:
    """Make the groups that are missing; returns their names.

    KeyError where a permission is named that no model has: a misspelt one would grant nothing.
    """
    made = []
    for role in RoleName:
        group, created = Group.objects.get_or_create(name=role.value)
        if created:
            made.append(role.value)
        if role == RoleName.ADMINISTRATOR:
            group.permissions.set(Permission.objects.all())
        elif created:
            group.permissions.set(_permissions(PERMISSIONS[role]))
    return made


def _permissions(names: Iterable[str]) -> list[Permission]:
    wanted = set(names)
    query = Q(pk__in=[])
    for name in wanted:
        app, codename = name.split(".")
        query |= Q(content_type__app_label=app, codename=codename)
    found = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.filter(query).select_related("content_type")
    }
    return [found[name] for name in sorted(wanted)]
