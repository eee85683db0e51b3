"""Reads and writes a client's schedule of recaps."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.recap.load import known_client
from chalicelib.recap.schedule import Schedule
from chalicelib.runtime import Runtime


def load_schedule(runtime: Runtime, client_id: str) -> Schedule:
    """The client's schedule; one that is off if none was ever set. Raises BadInput for an unknown
    client."""
    with runtime.db.transaction() as tx:
        return _load(tx, known_client(tx, client_id).client_id)


def save_schedule(runtime: Runtime, client_id: str, schedule: Schedule) -> Schedule:
    """Replaces the client's schedule, from now on, and returns it. Raises BadInput for an unknown
    client."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        client = known_client(tx, client_id)
        if schedule.active and not client.active:
            raise BadInput("client_id", f"{client.client_id} is not active", "See table clients.")
        tx.run(
            "recap_schedule.set",
            client_id=client.client_id,
            active=schedule.active,
            hours=[f"{hour:%H:%M}" for hour in schedule.hours],
            recipients=list(schedule.recipients),
            chats=schedule.chats,
            forms=list(schedule.forms),
            now=now,
        )
    return replace(schedule, changed_at=now)


def schedule_of(row: Row) -> Schedule:
    """The schedule in a row of recap_schedule."""
    return Schedule(
        active=row["active"],
        hours=tuple(sorted(row["hours"])),
        recipients=tuple(row["recipients"]),
        chats=row["chats"],
        forms=tuple(row["forms"]),
        changed_at=row["changed_at"],
    )


def _load(tx: Transaction, client_id: str) -> Schedule:
    row = tx.first("recap_schedule.get", client_id=client_id)
    return schedule_of(row) if row else Schedule()
