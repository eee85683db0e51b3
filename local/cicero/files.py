"""Writes rows to a CSV, XLSX or Parquet file as they come; memory does not grow with their number.

Days, moments and numbers are real ones in Parquet too, moments in their zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chalicelib.errors import BadInput
from chalicelib.exports import files
from chalicelib.exports.files import Columns, Writer
from chalicelib.exports.tables import Kind, Rows, Value

if TYPE_CHECKING:
    from arro3.core import Array, DataType

Item = TypeVar("Item")


def writer_for(path: Path) -> Writer:
    """The writer for a file's name. Raises BadInput for any other."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        kinds = ", ".join(WRITERS)
        raise BadInput("FILE", f"{path.name} has no known ending", f"Use one of {kinds}.")
    return writer


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


WRITERS: Mapping[str, Writer] = {**files.WRITERS, ".parquet": write_parquet}
