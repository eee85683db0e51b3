"""Which days of which clients are to be filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chalicelib.clients import Client, participants
from chalicelib.errors import BadInput
from chalicelib.manual.runs import find_client
from chalicelib.runtime import Runtime
from chalicelib.slots import SLOT_TIMES

LONGEST = 31
"""Days at most: a feed is not read further back in one go."""

_FETCH_FROM = time(20, 30)


@dataclass(frozen=True)
class Todo:
    """A client and its days, in order."""

    client: Client
    days: tuple[date, ...]


@dataclass(frozen=True)
class Plan:
    """What is to be filled in, and how many clients' days were left out because they were `filled`
    in before, or `ran` as they should."""

    todo: Sequence[Todo]
    filled: int
    ran: int

    @property
    def days(self) -> int:
        """How many clients' days there are to fill in."""
        return sum(len(one.days) for one in self.todo)


def plan(
    runtime: Runtime,
    first: date,
    last: date,
    client_id: str | None = None,
    since: datetime | None = None,
) -> Plan:
    """The plan for these WIB days, of one client or of all that take part. Days that were filled in
    incompletely are due again, unless that was `since`. Raises BadInput for days that are not over,
    or too many, and for an unknown client."""
    days = _days(runtime, first, last)
    with runtime.db.transaction() as tx:
        if client_id is None:
            clients = participants(tx.run("slots.active_clients"))
        else:
            clients = [find_client(tx, client_id)]
        rows = tx.run(
            "backfill.not_missed",
            first=first,
            last=last,
            last_slot=SLOT_TIMES[-1],
            fetch_from=_FETCH_FROM,
            since=since,
        )
    left_out = {(row["client_id"], row["wib_day"]): row["why"] for row in rows}
    due = [
        Todo(client, tuple(day for day in days if (client.client_id, day) not in left_out))
        for client in clients
    ]
    ids = {client.client_id for client in clients}
    why = Counter(why for (client, _), why in left_out.items() if client in ids)
    return Plan([one for one in due if one.days], why["filled"], why["ran"])


def _days(runtime: Runtime, first: date, last: date) -> list[date]:
    today = runtime.now().date()
    if first > last:
        raise BadInput("first_day", f"{first} is after {last}", "Name the earlier day first.")
    if last >= today:
        raise BadInput("last_day", f"{last} is not over", "Slots do today's work.")
    if (last - first).days >= LONGEST:
        raise BadInput("first_day", f"{first} is too far from {last}", f"{LONGEST} days at most.")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
