"""Writes rows to a CSV, XLSX or Parquet file as they come; memory does not grow with their number.

Days, moments and numbers are real ones in XLSX and Parquet. A spreadsheet has no zones: there
moments are plain WIB. In CSV, as in XLSX, nothing that comes from outside can become a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.errors import BadInput
from chalicelib.exports.tables import Kind, Rows, Value
from chalicelib.slots import WIB

if TYPE_CHECKING:
    from arro3.core import Array, DataType

Columns = Mapping[str, Kind]
Writer = Callable[[Path, Columns, Iterable[Rows]], int]

Item = TypeVar("Item")

_SHEET_ROWS = 1_000_000  # a sheet holds 1,048,576
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def writer_for(path: Path) -> Writer:
    """The writer for a file's name. Raises BadInput for any other."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        kinds = ", ".join(WRITERS)
        raise BadInput("FILE", f"{path.name} has no known ending", f"Use one of {kinds}.")
    return writer


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
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
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


def write_parquet(path: Path, columns: Columns, batches: Iterable[Rows]) -> int:
    """Zstandard; moments in microseconds, Asia/Jakarta."""
    from arro3.core import Field, RecordBatch, RecordBatchReader, Schema
    from arro3.io import write_parquet as write

    types = _types()
    schema = Schema([Field(name, types[kind]) for name, kind in columns.items()])
    written = 0

    def record_batches() -> Iterator[RecordBatch]:
        nonlocal written
        for rows in batches:
            written += len(rows)
            arrays = [
                _array([row[number] for row in rows], kind, types[kind])
                for number, kind in enumerate(columns.values())
            ]
            yield RecordBatch.from_arrays(arrays, schema=schema)

    failed: list[BaseException] = []
    reader = RecordBatchReader.from_batches(schema, _noting(failed, record_batches()))
    try:
        write(reader, path, compression="zstd(3)", max_row_group_size=_ROW_GROUP)
    except Exception:
        if failed:
            raise failed[0] from None
        raise
    return written


def _noting(failed: list[BaseException], items: Iterator[Item]) -> Iterator[Item]:
    """The same items; notes what ended them, which the library would only quote."""
    try:
        yield from items
    except BaseException as error:
        failed.append(error)
        raise


_ROW_GROUP = 100_000
_EPOCH = date(1970, 1, 1)


def _types() -> dict[Kind, DataType]:
    from arro3.core import DataType

    return {
        "text": DataType.string(),
        "integer": DataType.int64(),
        "number": DataType.float64(),
        "truth": DataType.bool(),
        "day": DataType.date32(),
        "moment": DataType.timestamp("us", tz="Asia/Jakarta"),
    }


def _array(values: list[Value], kind: Kind, of: DataType) -> Array:
    """Days and moments are built from their numbers: the library takes them in no other way."""
    from arro3.core import Array, DataType

    if kind == "moment":
        numbers = [_microseconds(v) if isinstance(v, datetime) else None for v in values]
        return Array(numbers, DataType.int64()).cast(of)
    if kind == "day":
        days = [(v - _EPOCH).days if isinstance(v, date) else None for v in values]
        return Array(days, DataType.int32()).cast(of)
    return Array(values, of)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


WRITERS: Mapping[str, Writer] = {".csv": write_csv, ".xlsx": write_xlsx, ".parquet": write_parquet}
