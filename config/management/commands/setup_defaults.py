"""``setup_defaults``: everything an installation begins with."""

import sys
from argparse import ArgumentParser
from typing import Any

from config.roles import install_roles
from reasons.defaults import install_defaults
from reasons.model_store import train_where_missing
from surveys.default_surveys import install_default_surveys
from surveys.management.one_line import OneLineCommand


class Command(OneLineCommand):
    help = (
        "Installs what is missing of: reasons and what choices and providers' codes mean, the "
        "default surveys with their translations, the model that reads free text, and the four "
        "roles. What a team has changed is left alone; a second run changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-model",
            action="store_true",
            help="leave the model out (free text stays unread until there is one)",
        )

    def handle(self, *args: Any, no_model: bool, **options: Any) -> None:
        # In this order: a survey is published only where each of its choices has a meaning.
        for what, added in install_defaults().items():
            self._say(what, added)
        for what, added in install_default_surveys().items():
            self._say(what, added)
        self._say("roles", len(install_roles()))
        if not no_model:
            if sys.stderr.isatty():
                self.stderr.write("Training the model where there is none ...")
            self._say("models", 0 if train_where_missing() is None else 1)

    def _say(self, what: str, added: int) -> None:
        self.stdout.write(f"{what.replace('_', ' ')}: {added} added")
