"""Commands that answer trouble with one line: bad input, or a database that cannot be used."""

import os
import sys
from types import MethodType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext


class OneLineCommand(BaseCommand):
    """A wrong option gives one line on standard error and status 2, without argparse's usage.

    A database that is away, or has no tables yet, gives one line and status 1; `--traceback`
    shows where. Called from code (``call_command``), both raise CommandError. Who stops reading
    (``| head``) ends the command without a word.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = MethodType(_one_line, parser)  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(
                gettext("The database could not be used: %s (has 'migrate' been run?)")
                % next(iter(str(error).splitlines()), "")
            ) from error
        except BrokenPipeError:
            # Python would flush once more while it ends, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


def _one_line(parser: CommandParser, message: str) -> NoReturn:
    if not parser.called_from_command_line:
        raise CommandError(message)
    sys.stderr.write(f"{message}\n")
    sys.exit(2)
