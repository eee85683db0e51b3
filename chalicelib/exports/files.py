"""Writes rows to a CSV or XLSX file as they come; memory does not grow with their number.

Days, moments and numbers are real ones in XLSX. A spreadsheet has no zones: there moments are plain
WIB. In neither can anything that comes from outside become a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from chalicelib.exports.tables import Kind, Rows, Value
from chalicelib.slots import WIB
from chalicelib.texts.words import no_formula

Columns = Mapping[str, Kind]
Writer = Callable[[Path, Columns, Iterable[Rows]], int]

_SHEET_ROWS = 1_000_000  # a sheet holds 1,048,576


def write_csv(path: Path, columns: Columns, batches: Iterable[Rows]) -> int:
    """UTF-8, as spreadsheets recognise it; a text that would be a formula gets a leading `'`.
    Returns the number of rows."""
    written = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns)
        for rows in batches:
            out.writerows([_plain(value) for value in row] for row in rows)
            written += len(rows)
    return written


def _plain(value: Value) -> Any:
    if isinstance(value, str):
        return no_formula(value)
    return value.isoformat() if isinstance(value, date) else value


def write_xlsx(path: Path, columns: Columns, batches: Iterable[Rows]) -> int:
    """One sheet per million rows, each with a header that stays in view."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    written = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        by_column = [formats.get(kind) for kind in columns.values()]
        for row in _counted(batches):
            at = written % _SHEET_ROWS
            if at == 0:
                sheet = _sheet(book, columns)
            for number, (value, form) in enumerate(zip(row, by_column, strict=True)):
                if value is not None:
                    sheet.write(at + 1, number, _without_zone(value), form)
            written += 1
        if written == 0:
            _sheet(book, columns)
    return written


def _without_zone(value: Value) -> Value:
    return value.astimezone(WIB).replace(tzinfo=None) if isinstance(value, datetime) else value


def _sheet(book: Any, columns: Columns) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 18)
    sheet.write_row(0, 0, list(columns), book.add_format({"bold": True}))
    return sheet


def _counted(batches: Iterable[Rows]) -> Iterator[Sequence[Value]]:
    for rows in batches:
        yield from rows


WRITERS: Mapping[str, Writer] = {".csv": write_csv, ".xlsx": write_xlsx}
"""By a file name's ending."""
