"""Make an API key; the secret is printed once and not kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from surveys.management.one_line import OneLineCommand
from surveys.models import ApiKey

NAME_LIMIT = 100


class Command(OneLineCommand):
    help = "Makes an API key and prints its secret, which cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="who uses the key, as 'billing system'")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        name = name.strip()
        if not 0 < len(name) <= NAME_LIMIT:
            raise CommandError(f"--name: expected 1 to {NAME_LIMIT} characters, found {len(name)}.")
        _key, secret = ApiKey.objects.issue(name=name)
        self.stdout.write(secret)
