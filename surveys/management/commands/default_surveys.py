"""``default_surveys``: what goes with a change to the surveys that are shipped."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from surveys.default_surveys import history
from surveys.default_surveys.document import DOCUMENT, write_document
from surveys.default_surveys.words import all_problems, offered_languages
from surveys.management.one_line import OneLineCommand


class Command(OneLineCommand):
    help = (
        "For whoever changes the surveys that are shipped or their words: records what is shipped "
        "now, so that installed surveys are brought up to date and edited ones left alone, and "
        "writes docs/surveys.md. With --check it changes nothing and fails where a language is "
        "incomplete, its placeholders differ, or one of the two is out of date."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what is wrong")
        parser.add_argument(
            "--unreleased",
            action="store_true",
            help="forget what was recorded before: it was never released",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problems = all_problems()
        if not options["check"] and not problems:
            for key in history.record(unreleased=options["unreleased"]):
                self.stdout.write(f"{key}: recorded.")
            DOCUMENT.write_text(write_document(), encoding="utf-8")
        else:
            problems += out_of_date()
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"The default surveys are whole in {', '.join(offered_languages())}.")


def out_of_date() -> list[str]:
    """A sentence for each thing that the command would write."""
    late = [f"The content of {key} is not recorded." for key in history.unrecorded()]
    if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != write_document():
        late.append(f"{DOCUMENT} is out of date.")
    return [f"{sentence} Run: python manage.py default_surveys" for sentence in late]
