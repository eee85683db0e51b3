"""What can be exported, with the kind of each column, and its rows in batches."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Literal

from chalicelib.errors import BadInput
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB

Kind = Literal["text", "integer", "number", "truth", "day", "moment"]
"""A column's values: text, whole and other numbers, true or false, a WIB day, an aware moment; any
of them may be None."""

Value = str | int | float | bool | date | None

BATCH = 2000

TABLES: Mapping[str, Mapping[str, Kind]] = {
    "posts": {
        "day": "day", "client_id": "text", "client_name": "text", "platform": "text",
        "content_id": "text", "posted_at": "moment", "source_type": "text", "caption": "text",
        "like_count": "integer", "comment_count": "integer", "names": "integer", "share": "number",
        "complete": "truth", "ended": "text", "read_at": "moment",
    },
    "engagement": {
        "day": "day", "client_id": "text", "platform": "text", "content_id": "text",
        "username": "text", "complete": "truth", "read_at": "moment",
    },
    "runs": {
        "day": "day", "slot": "moment", "client_id": "text", "client_name": "text",
        "trigger": "text", "outcome": "text", "error_kind": "text", "fetch_posts": "truth",
        "finished_at": "moment", "verdicts": "text", "posts_new": "integer",
        "posts_removed": "integer", "lists_read": "integer", "names_read": "integer",
        "api_requests": "integer", "seconds": "number",
    },
}  # fmt: skip
"""The tables that can be exported: their columns, in order."""


_QUERIES = {
    "posts": "exports.posts", "engagement": "exports.engagement", "runs": "exports.runs",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A table, and the WIB days, both included."""

    table: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.table not in TABLES:
            known = ", ".join(TABLES)
            raise BadInput("table", f"{self.table!r} is unknown", f"Use {known}.")
        if self.first > self.last:
            raise BadInput("from", f"{self.first} is after {self.last}", "Name the earlier first.")

    @property
    def columns(self) -> Mapping[str, Kind]:
        return TABLES[self.table]


Rows = Sequence[Sequence[Value]]


def batches(runtime: Runtime, wanted: Wanted, size: int = BATCH) -> Generator[Rows]:
    """The table's rows in the order of its columns, at most `size` at a time; moments are in WIB.
    Memory does not grow with the number of rows. Each day is read in its own transaction."""
    names, day = list(wanted.columns), wanted.first
    while day <= wanted.last:
        with runtime.db.transaction() as tx:
            for rows in tx.batches(_QUERIES[wanted.table], size, day=day):
                yield [[_value(row[name]) for name in names] for row in rows]
        day += timedelta(days=1)


def page(runtime: Runtime, wanted: Wanted, skip: int, size: int = BATCH) -> dict[str, Any]:
    """The batch after the first `skip` rows, a multiple of `size`, as JSON: `rows`, and `more`,
    whether others follow. For a caller that asks for each batch by itself."""
    with closing(batches(runtime, wanted, size)) as every:
        found = list(islice(every, skip // size, skip // size + 2))
    rows = [[_as_text(value) for value in row] for row in (found[0] if found else [])]
    return {"rows": rows, "more": len(found) > 1}


def from_page(wanted: Wanted, rows: Sequence[Sequence[Any]]) -> Rows:
    """The rows of a page with their days and moments."""
    kinds = list(wanted.columns.values())
    return [
        [_from_text(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows
    ]


def _value(value: Any) -> Value:
    if isinstance(value, datetime):
        return value.astimezone(WIB)
    if isinstance(value, str):
        return value.replace("\x00", "")
    result: Value = value
    return result


def _as_text(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_text(value: Any, kind: Kind) -> Value:
    if value is None or kind not in ("day", "moment"):
        result: Value = value
        return result
    return datetime.fromisoformat(value) if kind == "moment" else date.fromisoformat(value)
