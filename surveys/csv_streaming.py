"""Rows as a CSV that is written while it is sent, safe to open in a spreadsheet."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from surveys.csv_safety import safe_row

Row = Iterable[object]


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def as_csv(rows: Iterable[Row], *, name: str, day: dt.date) -> StreamingHttpResponse:
    """An attachment ``<name>-<day>.csv``. Begins with a BOM, for spreadsheets."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in rows:
            yield writer.writerow(safe_row(_rounded(cell) for cell in row))

    filename = f"{slugify(name)}-{day}.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _rounded(cell: object) -> object:
    """Shares and rates to a hundredth of a percent: more digits would only pretend."""
    return round(cell, 4) if isinstance(cell, float) else cell
