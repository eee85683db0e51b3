"""A day at a glance: its slots, its counters and the oldest client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.db import Transaction
from chalicelib.overview.calls import Calls, calls
from chalicelib.overview.client_lines import ClientLine
from chalicelib.overview.clients import ReadLines, read_all
from chalicelib.overview.concerns import Concerns, concerns_of
from chalicelib.overview.slots import SlotsOfDay, SlotView, read_slots
from chalicelib.overview.standing import Standing
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds


@dataclass(frozen=True)
class Counters:
    """A day's figures. `clients`: active ones; by the standing of each now. `runs`, `runs_failed`:
    of clients, of all slots so far. `lists`: reads of lists of people, and how many of those were
    incomplete. `messages`: by state: waiting and undecided ones of any day, ended ones of this
    day."""

    clients: int
    by_standing: Mapping[Standing, int]
    runs: int
    runs_failed: int
    posts_new: int
    posts_removed: int
    posts_held: int
    lists: int
    lists_incomplete: int
    messages: Mapping[str, int]


@dataclass(frozen=True)
class Oldest:
    """The active client with the oldest data: `slot` is None if a platform was not read to its end
    within `clients.LOOK_BACK`."""

    client_id: str
    platform: Platform
    slot: datetime | None


@dataclass(frozen=True)
class Today:
    """Today, as known at `read_at`. `standing`: that of the last slot that is over, or `NEVER` if
    one that is due is not recorded; `last`: that slot. `oldest`: None without any client."""

    day: date
    read_at: datetime
    standing: Standing
    last: SlotView | None
    slots: SlotsOfDay
    counters: Counters
    oldest: Oldest | None


@dataclass(frozen=True)
class Status:
    """Everything of the first page."""

    today: Today
    concerns: Concerns
    calls: Calls


def status(runtime: Runtime, read: ReadLines = read_all) -> Status:
    """Today, what needs a person, and the API calls."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        slots, known = read_slots(tx, now, now.date()), read(tx, now)
        lines = known.lines
        day = replace(today_of(tx, slots, lines), read_at=known.read_at)
        concerns = concerns_of(runtime, tx, slots.slots, lines)
    return Status(day, concerns, calls(runtime))


def today_of(tx: Transaction, slots: SlotsOfDay, lines: Sequence[ClientLine]) -> Today:
    """Today's counters and oldest client, from its slots and clients as they were read."""
    active = [line for line in lines if line.active]
    last, standing = last_over(slots.slots)
    counters = _counters(tx, slots, active)
    return Today(slots.day, slots.read_at, standing, last, slots, counters, oldest(active))


def last_over(slots: Sequence[SlotView]) -> tuple[SlotView | None, Standing]:
    """The last slot that is over, and the standing of the day by it: a slot that should have been
    recorded since makes it `NEVER`. Pure."""
    over = [slot for slot in slots if slot.state not in ("to_come", "due", "running")]
    counted = [slot for slot in over if slot.state != "before_start"]
    if not counted:
        return None, Standing.NEVER
    return counted[-1], counted[-1].standing


def oldest(lines: Iterable[ClientLine]) -> Oldest | None:
    """The client and platform with the oldest data; one that was not read before all others.
    Pure."""
    feeds = [(line.client_id, feed) for line in lines for feed in line.feeds]
    if not feeds:
        return None
    client_id, feed = min(
        feeds, key=lambda one: (one[1].slot.timestamp() if one[1].slot else 0.0, one[0])
    )
    return Oldest(client_id, feed.platform, feed.slot)


def _counters(tx: Transaction, slots: SlotsOfDay, lines: Sequence[ClientLine]) -> Counters:
    start, _ = day_bounds(slots.day)
    totals = [slot.totals for slot in slots.slots if slot.totals]
    rows = [
        *tx.run("overview_messages.waiting"),
        *tx.run("overview_messages.ended_since", since=start),
    ]
    standings = [line.standing for line in lines]
    return Counters(
        clients=len(lines),
        by_standing={standing: standings.count(standing) for standing in Standing},
        runs=sum(one.clients - one.unfinished for one in totals),
        runs_failed=sum(one.failed for one in totals),
        posts_new=sum(one.posts_new for one in totals),
        posts_removed=sum(one.posts_removed for one in totals),
        posts_held=sum(one.posts_held for one in totals),
        lists=sum(one.lists for one in totals),
        lists_incomplete=sum(one.lists_incomplete for one in totals),
        messages={row["status"]: row["messages"] for row in rows},
    )
