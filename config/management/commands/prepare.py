"""``prepare``: everything between a fresh clone and a running installation."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from surveys.management.one_line import OneLineCommand
from surveys.models import Customer

ADMIN = "admin"


class Command(OneLineCommand):
    help = (
        "Brings the database up to date, installs the defaults, makes an administrator and "
        "collects static files. What is there already is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sample",
            action="store_true",
            help="also load the sample company where there are no customers yet",
        )

    def handle(self, *args: Any, sample: bool, **options: Any) -> None:
        self._say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        call_command("setup_defaults", stdout=self.stderr)
        if sample and not Customer.objects.exists():
            self._say("Loading the sample company ...")
            call_command("load_sample")
        password = self._administrator()
        self._say("")
        self._say(f"  Whyleft       {settings.BASE_URL}/")
        self._say(f"  Administrator {ADMIN}")
        self._say(f"  Password      {password}")
        if settings.EMAIL_BACKEND.endswith(("folder.EmailBackend", "filebased.EmailBackend")):
            self._say(f"  Mail goes to  {settings.EMAIL_FILE_PATH}")
        self._say("")

    def _administrator(self) -> str:
        """The first administrator's password, kept beside an embedded installation's database."""
        note = settings.VAR_DIR / "admin_password"
        user, created = get_user_model().objects.get_or_create(
            username=ADMIN, defaults={"is_staff": True, "is_superuser": True}
        )
        if created:
            password = secrets.token_urlsafe(9)
            user.set_password(password)
            user.save(update_fields=["password"])
            with os.fdopen(
                os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as file:
                file.write(password)
            return password
        if note.exists() and user.check_password(note.read_text()):
            return note.read_text()
        return "as it was set (python manage.py changepassword admin sets a new one)"

    def _say(self, line: str) -> None:
        self.stderr.write(line, self.style.SUCCESS if line.startswith("  ") else None)
