"""Takes in a CSV file: customers, subscriptions, cancellations, and the reasons in it."""

import datetime as dt
import json
import sys
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext, ngettext
from tqdm import tqdm

from reasons.imports import classify_imported, known_texts, store_meanings
from surveys.intake.csv.errors import Errors
from surveys.intake.csv.fields import KINDS, SECTIONS
from surveys.intake.csv.importing import Import
from surveys.intake.csv.mapping import MappingFile, canonical_mapping, load_mapping
from surveys.intake.csv.problems import FileUnreadableError, MappingError, visible
from surveys.intake.csv.reading import Table
from surveys.intake.csv.rows import RowReader
from surveys.management.one_line import OneLineCommand

RESPONSES = "responses"
# A progress bar and the work behind it: reading the file, then reading the reasons.
BAR = {"file": sys.stderr, "leave": False, "mininterval": 0.2}


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(gettext('"%s" is no date; write it as YYYY-MM-DD') % text) from None


class Command(OneLineCommand):
    help = (
        "Takes in a CSV file, row by row. Good rows land, bad rows are listed with the reason; "
        "running it twice changes nothing. The last line on standard output is a JSON summary, "
        "counted in rows."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        columns = "\n".join(
            f"  {name}: {', '.join(field.name for field in fields)}"
            for name, fields in SECTIONS.items()
        )
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog=(
                "Without a mapping the columns bear the fields' names; another kind's fields have\n"
                "its name before them (customer_external_id in a file of cancellations):\n"
                f"{columns}\n"
                "The mapping language is described in docs/examples/mappings/README.md."
            ),
            **kwargs,
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kind", choices=[*KINDS, RESPONSES],
            help="What a row is keyed by (responses are not taken in yet).",
        )  # fmt: skip
        parser.add_argument("file", type=Path, help="The CSV file; the first line names columns.")
        parser.add_argument("--mapping", type=Path, metavar="M.toml", help="What the columns mean.")
        parser.add_argument(
            "--as-of", type=_date, metavar="DATE",
            help="The day that the file describes (YYYY-MM-DD), for mappings that count from it.",
        )  # fmt: skip
        parser.add_argument(
            "--invite", action="store_true",
            help="Schedule surveys for these cancellations; what is too old is never mailed.",
        )  # fmt: skip
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would happen, and change nothing."
        )
        parser.add_argument(
            "--errors", type=Path, metavar="OUT.csv",
            help="Where to list the rows that could not be taken in, with the reason.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] == RESPONSES:
            raise CommandError(
                gettext("Responses cannot be imported yet; customers, subscriptions and "
                        "cancellations can.")
            )  # fmt: skip
        try:
            done = self._import(**options)
        except (FileUnreadableError, MappingError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                gettext("The database could not be used: %s (has 'migrate' been run?)") % error
            ) from error
        summary = done.summary
        self._report(done, options["dry_run"])
        self.stdout.write(json.dumps(summary.as_dict()))
        if summary.errors and not summary.created + summary.updated + summary.unchanged:
            raise CommandError(gettext("No row could be taken in."))

    def _import(
        self,
        *,
        kind: str,
        file: Path,
        mapping: Path | None,
        as_of: dt.date | None,
        errors: Path | None,
        dry_run: bool,
        invite: bool,
        **options: Any,
    ) -> Import:
        for other in (file, mapping):
            if errors and other and errors.resolve() == other.resolve():
                raise MappingError(gettext("--errors would overwrite %s.") % other)
        wanted = load_mapping(mapping, kind) if mapping else None
        with self._open(file, wanted) as table:
            mapped = wanted or self._canonical(table, kind)
            known = known_texts(source=mapped.source, meanings=mapped.meanings)
            reader = RowReader(mapped, table.header, as_of=as_of, known_reasons=known)
            if as_of and not mapped.needs_as_of:
                self._say(gettext("--as-of is not used by this mapping."))
            if not dry_run:
                store_meanings(source=mapped.source, meanings=mapped.meanings)
            with (
                Errors(errors) as kept,
                tqdm(total=table.size, unit="B", unit_scale=True, disable=None, **BAR) as bar,
            ):
                done = Import(
                    table=table, reader=reader, errors=kept, source=mapped.source,
                    keyed_by=KINDS[kind], nameless=mapped.nameless, invite=invite,
                    dry_run=dry_run, on_progress=lambda position: bar.update(position - bar.n),
                )  # fmt: skip
                done.run()
        if not dry_run:
            with tqdm(unit=" reasons", disable=None, **BAR) as bar:
                classify_imported(source=mapped.source, on_progress=bar.update)
        return done

    def _open(self, file: Path, mapping: MappingFile | None) -> Table:
        if mapping is None:
            return Table(file)
        return Table(
            file,
            encoding=mapping.encoding,
            delimiter=mapping.delimiter,
            wanted=mapping.columns(),
        )

    def _canonical(self, table: Table, kind: str) -> MappingFile:
        mapping, ignored = canonical_mapping([name for name in table.header if name], kind)
        if ignored:
            self._say(
                gettext("Columns that are no fields are left out: %s.")
                % visible(", ".join(ignored))
            )
        return mapping

    def _report(self, done: Import, dry_run: bool) -> None:
        tally = done.tally
        if dry_run:
            self._say(gettext("Dry run: nothing was changed."))
        self._say(
            gettext(
                "Created or updated: %(customers)d customers, %(subscriptions)d subscriptions, "
                "%(cancellations)d cancellations."
            )
            % {
                "customers": tally.customers,
                "subscriptions": tally.subscriptions,
                "cancellations": tally.cancellations,
            }
        )
        if tally.reasons_changed:
            self._say(
                ngettext(
                    "%d cancellation has another reason than before.",
                    "%d cancellations have another reason than before.",
                    tally.reasons_changed,
                )
                % tally.reasons_changed
            )
        for number, problem in done.errors.first:
            self._say(gettext("Row %(row)d: %(problem)s") % {"row": number, "problem": problem})
        if done.errors.rows:
            where = (
                gettext("all of them are in %s") % done.errors.path
                if done.errors.path
                else gettext("--errors OUT.csv lists them all")
            )
            self._say(
                ngettext(
                    "%(count)d row was not taken in; %(where)s.",
                    "%(count)d rows were not taken in; %(where)s.",
                    done.errors.rows,
                )
                % {"count": done.errors.rows, "where": where}
            )

    def _say(self, line: str) -> None:
        self.stderr.write(line, self.style.NOTICE if self.stderr.isatty() else None)
