"""The slots of a day with what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from chalicelib.db import Transaction
from chalicelib.overview.rows import made
from chalicelib.overview.standing import Standing
from chalicelib.runtime import Runtime
from chalicelib.slots import CATCH_UP_LIMIT, Slot, day_bounds, slots_of

State = Literal[
    "done", "late", "failed", "skipped", "missed", "running", "due", "unrecorded", "to_come",
    "before_start",
]  # fmt: skip
"""`late`: done, but opened late, or closed before all clients had finished; `failed`: no client is
done; `due`: its time has come, and it may still be opened; `unrecorded`: that time is over, and
nothing is known of it; `before_start`: the service had not been started yet."""

LATE = timedelta(minutes=5)
"""A slot opened this long after its time is late."""


@dataclass(frozen=True)
class Totals:
    """The figures of a slot. `failed`: clients that ended in any other way than done; `lists`:
    reads of lists of people, `lists_incomplete`: those of which less than 95 % was read.
    `api_calls`: requests by endpoint and outcome. `client_seconds`: the clients' own times
    together."""

    clients: int
    done: int
    failed: int
    unfinished: int
    api_requests: int
    api_calls: Mapping[str, int]
    client_seconds: float
    posts_new: int
    posts_removed: int
    posts_held: int
    messages: int
    lists: int
    lists_incomplete: int


@dataclass(frozen=True)
class SlotView:
    """A slot as people see it. `totals` is None where nothing was recorded; `summed_at`: when they
    were summed, None if just now. `seconds`: from its opening to its end."""

    slot: datetime
    state: State
    standing: Standing
    trigger: str | None = None
    reason: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    seconds: float | None = None
    totals: Totals | None = None
    summed_at: datetime | None = None


@dataclass(frozen=True)
class SlotsOfDay:
    """The 34 slots of a WIB day, as known at `read_at`."""

    day: date
    read_at: datetime
    slots: Sequence[SlotView]


def slots_of_day(runtime: Runtime, day: date | None = None) -> SlotsOfDay:
    """The slots of the day, by default today."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        return read_slots(tx, now, day or now.date())


def read_slots(tx: Transaction, now: datetime, day: date) -> SlotsOfDay:
    """The same, within a transaction."""
    start, end = day_bounds(day)
    rows = {
        row["slot"]: row for row in tx.run("overview_slots.of_days", day_start=start, day_end=end)
    }
    first = tx.run("slots.first")[0]["slot"]
    views = [view_of(slot, rows.get(slot.at), now, first) for slot in slots_of(day)]
    return SlotsOfDay(day, now, views)


def view_of(
    slot: Slot, row: Mapping[str, Any] | None, now: datetime, first: datetime | None
) -> SlotView:
    """The slot with what is recorded of it. `first`: the first slot ever known. Pure."""
    if row is None:
        return SlotView(slot.at, _unrecorded(slot, now, first), Standing.NEVER)
    totals = made(Totals, row)
    return SlotView(
        slot=slot.at,
        state=state_of(slot, row, totals),
        standing=standing_of(row["status"], totals),
        trigger=row["trigger"],
        reason=row["reason"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        seconds=row["seconds"],
        totals=totals,
        summed_at=row["summed_at"],
    )


def state_of(slot: Slot, row: Mapping[str, Any], totals: Totals) -> State:
    """The state of a recorded slot. Pure."""
    match row["status"]:
        case "skipped":
            return "skipped"
        case "missed":
            return "missed"
        case "open":
            return "running"
    if totals.clients and not totals.done:
        return "failed"
    late = row["opened_at"] - slot.at >= LATE or totals.unfinished
    return "late" if late else "done"


def standing_of(status: str, totals: Totals) -> Standing:
    """Verified only if every client is done and no list was found incomplete. Pure."""
    if status in ("skipped", "missed") or not totals.done + totals.failed:
        return Standing.NEVER
    whole = 0 < totals.done == totals.clients and not totals.lists_incomplete
    certain = status == "closed" and whole
    return Standing.VERIFIED if certain else Standing.UNVERIFIED


def _unrecorded(slot: Slot, now: datetime, first: datetime | None) -> State:
    if slot.at > now:
        return "to_come"
    if now - slot.at < CATCH_UP_LIMIT:
        return "due"
    return "before_start" if first is None or slot.at < first else "unrecorded"
