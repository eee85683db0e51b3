"""A table that can be searched, filtered, sorted and paged by its address, without a script. Pure.

`?cari=` searches, `?urut=` names a column (with `-` before it: descending), `?hal=` a page; what
else is in the address are filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

Row = TypeVar("Row")
_OWN = ("cari", "urut", "hal")


@dataclass(frozen=True)
class Listing:
    """What a table's address asks for. `rows`: how many of them a page has; `total`: how many there
    are, once known; `page` starts at 1."""

    search: str
    order: str
    filters: Mapping[str, str]
    page: int
    rows: int
    total: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str], rows: int, order: str = "") -> Self:
        """`order`: the one that applies where the address names none."""
        page = query.get("hal", "1")
        return cls(
            search=query.get("cari", "").strip(),
            order=query.get("urut", order),
            filters={name: value for name, value in query.items() if name not in _OWN and value},
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
            rows=rows,
        )

    @property
    def skipped(self) -> int:
        """The rows before this page."""
        return (self.page - 1) * self.rows

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.rows))

    @property
    def column(self) -> str:
        return self.order.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.order.startswith("-")

    @property
    def narrowed(self) -> bool:
        """Whether a search or a filter leaves rows out."""
        return bool(self.search or self.filters)

    def counted(self, total: int) -> Self:
        """The same, with the number of rows that fit the search and the filters."""
        return replace(self, total=total)

    def sorted_by(self, column: str) -> str:
        """The address of this table sorted by a column; the other way round if it is already."""
        turned = column == self.order
        return self.link(urut=f"-{column}" if turned else column, hal="")

    def link(self, **changes: str) -> str:
        """The address of this table with other values; an empty one is left out."""
        own = {"cari": self.search, "urut": self.order, "hal": str(self.page)}
        asked = {**self.filters, **own, **changes}
        if asked["hal"] == "1":
            asked["hal"] = ""
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    def cut(
        self, rows: Sequence[Row], columns: Mapping[str, Callable[[Row], Any]]
    ) -> tuple[Sequence[Row], Self]:
        """This page of rows that fit the search and the filters, in order; a row whose value is
        None comes last either way. `columns`: how each column that can be sorted gets its value."""
        value = columns.get(self.column)
        if value is not None:
            known = [row for row in rows if value(row) is not None]
            unknown = [row for row in rows if value(row) is None]
            rows = [*sorted(known, key=value, reverse=self.descending), *unknown]
        return rows[self.skipped : self.skipped + self.rows], self.counted(len(rows))
