"""Makes the bare project's tables and rows; the invitations' tokens come on standard input."""

import sys

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection  # noqa: E402

from peers.bare.models import Invitation, Question  # noqa: E402

with connection.schema_editor() as editor:
    for model in apps.get_app_config("bare").get_models():
        editor.create_model(model)
Question.objects.bulk_create(
    Question(key=key) for key in ("reason", "probe", "stuck", "destination", "comment")
)
tokens = sys.stdin.read().split()
Invitation.objects.bulk_create(
    (Invitation(token=token, language="en") for token in tokens), batch_size=2000
)
