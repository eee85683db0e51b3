"""The list of clients: how fresh and how complete each one's data is, and its errors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from chalicelib.db import Transaction
from chalicelib.overview.client_lines import ClientLine, line_of
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds

LOOK_BACK = timedelta(days=2)
"""How far back a platform's last complete fetch is looked for; older data counts as never read."""

Order = Literal["name", "id", "age", "coverage", "errors", "message"]
Show = Literal["all", "verified", "unverified", "never", "trouble", "inactive"]


@dataclass(frozen=True)
class Clients:
    """A page of the list, as known at `read_at`. `matching`: how many the search and the filter
    leave; `counts`: how many of all clients each filter shows."""

    read_at: datetime
    lines: Sequence[ClientLine]
    matching: int
    page: int
    pages: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Wanted:
    """What of the list to show. `search`: part of a name or an id, upper and lower case alike."""

    search: str = ""
    show: Show = "all"
    order: Order = "name"
    descending: bool = False
    page: int = 1
    per_page: int = 100


def clients(runtime: Runtime, wanted: Wanted | None = None) -> Clients:
    """The list of clients."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        lines = read_lines(tx, now)
    return page_of(lines, wanted or Wanted(), now)


def read_lines(tx: Transaction, now: datetime, client_id: str | None = None) -> list[ClientLine]:
    """Every client, by id; or the one that a person means by `client_id`, if there is one."""
    start, end = day_bounds(now.date())
    rows = tx.run(
        "overview_clients.lines",
        client_id=client_id,
        day_start=start,
        day_end=end,
        since=now - LOOK_BACK,
    )
    return [line_of(entry, now) for entry in rows[0]["lines"]]


def page_of(lines: Sequence[ClientLine], wanted: Wanted, now: datetime) -> Clients:
    """What is wanted of the list. Pages are counted from 1; one that does not exist is the last.
    Pure."""
    term = wanted.search.strip().casefold()
    found = [
        line for line in lines if term in line.name.casefold() or term in line.client_id.casefold()
    ]
    shown = [line for line in found if shows(wanted.show, line)]
    shown.sort(key=lambda line: line.client_id)
    shown.sort(key=lambda line: _key(wanted.order, line), reverse=wanted.descending)
    pages = max(1, -(-len(shown) // wanted.per_page))
    page = min(max(wanted.page, 1), pages)
    first = (page - 1) * wanted.per_page
    counts: dict[str, int] = {show: sum(shows(show, line) for line in lines) for show in _SHOWS}
    return Clients(now, shown[first : first + wanted.per_page], len(shown), page, pages, counts)


_SHOWS: tuple[Show, ...] = get_args(Show)


def shows(show: Show, line: ClientLine) -> bool:
    """Whether the filter shows the client; `all` are the active ones. Pure."""
    if show == "inactive" or not line.active:
        return show == "inactive" and not line.active
    if show == "trouble":
        return line.trouble
    return show == "all" or line.standing == show


def _key(order: Order, line: ClientLine) -> Any:
    """What the list is sorted by; what is unknown comes first, because it needs a look."""
    match order:
        case "id":
            return _natural(line.client_id)
        case "age":
            return line.data_from.timestamp() if line.data_from else 0.0
        case "coverage":
            lists = line.lists
            return (lists.complete / lists.posts if lists.posts else 1.0, lists.least or 0.0)
        case "errors":
            return -line.failed
        case "message":
            return line.message.created_at.timestamp() if line.message else 0.0
    return _natural(line.name)


def _natural(name: str) -> list[tuple[int, str]]:
    """A name's place among others: upper and lower case alike, numbers by their value."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
