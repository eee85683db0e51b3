"""The list of clients: how fresh and how complete each one's data is, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from chalicelib.db import Transaction
from chalicelib.ordering import natural
from chalicelib.overview.client_lines import ClientLine, due_at, line_in, message_of
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds

LOOK_BACK = timedelta(days=2)
"""How far back a platform's last complete fetch is looked for; older data counts as never read."""

_BETWEEN = "\x1e"

Order = Literal["name", "id", "age", "coverage", "errors", "message"]
_BY_LATEST: tuple[Order, ...] = ("errors", "message")
"""The orders that need every line's latest."""

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


@dataclass(frozen=True)
class Lines:
    """Every client's line, by id, as known at `read_at`."""

    read_at: datetime
    lines: Sequence[ClientLine]


ReadLines = Callable[[Transaction, datetime], Lines]
"""Returns the lines as of a moment, or such as were read not long before it."""


def read_all(tx: Transaction, now: datetime) -> Lines:
    """The lines as they are now."""
    return Lines(now, read_lines(tx, now))


def clients(runtime: Runtime, wanted: Wanted | None = None, read: ReadLines = read_all) -> Clients:
    """The list of clients."""
    now, asked = runtime.now(), wanted or Wanted()
    with runtime.db.transaction() as tx:
        known = read(tx, now)
        if asked.order in _BY_LATEST:
            page = page_of(with_latest(tx, known.lines, now), asked, known.read_at)
        else:
            page = page_of(known.lines, asked, known.read_at)
            page = replace(page, lines=with_latest(tx, page.lines, now))
    return page


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
    due = due_at(now)
    return [line_in(text, due) for text in rows[0]["lines"].split(_BETWEEN) if text]


def with_latest(tx: Transaction, lines: Sequence[ClientLine], now: datetime) -> list[ClientLine]:
    """The lines with how many runs they have today, how many of them failed, and their newest
    message."""
    start, end = day_bounds(now.date())
    ids = [line.client_id for line in lines]
    [row] = tx.run("overview_clients.latest", clients=ids, day_start=start, day_end=end)
    latest = row["latest"]
    return [
        replace(line, runs=one["runs"], failed=one["failed"], message=message_of(one["message"]))
        for line in lines
        for one in (latest[line.client_id],)
    ]


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
            return natural(line.client_id)
        case "age":
            return line.data_from.timestamp() if line.data_from else 0.0
        case "coverage":
            lists = line.lists
            return (lists.complete / lists.posts if lists.posts else 1.0, lists.least or 0.0)
        case "errors":
            return -line.failed
        case "message":
            return line.message.created_at.timestamp() if line.message else 0.0
    return natural(line.name)
