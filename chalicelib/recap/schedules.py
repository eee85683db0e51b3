"""Reads and writes a client's schedule of recaps."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.clients import Client
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.recap.load import known_client
from chalicelib.recap.recipients import Trouble, reach
from chalicelib.recap.schedule import Schedule
from chalicelib.runtime import Runtime


def load_schedule(runtime: Runtime, client_id: str) -> Schedule:
    """The client's schedule; one that is off if none was ever set. Raises BadInput for an unknown
    client."""
    with runtime.db.transaction() as tx:
        return _load(tx, known_client(tx, client_id).client_id)


def save_schedule(runtime: Runtime, client_id: str, schedule: Schedule) -> Schedule:
    """Replaces the client's schedule, from now on, and returns it. Raises BadInput for an unknown
    client, and for a schedule that is on and does not reach all that it names."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        client = known_client(tx, client_id)
        if schedule.active:
            _refuse(tx, client, schedule)
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


def unreachable(tx: Transaction) -> dict[str, tuple[Trouble, ...]]:
    """{client: what is wrong} of the active clients with a schedule that is on and does not reach
    all that it names."""
    found = {
        str(row["client_id"]): reach(schedule_of(row), row).troubles
        for row in tx.run("recap_schedule.switched_on")
    }
    return {client_id: troubles for client_id, troubles in found.items() if troubles}


def troubles_of(tx: Transaction, client_id: str, schedule: Schedule) -> tuple[Trouble, ...]:
    """What is wrong with a schedule of this client, which exists."""
    [row] = tx.run("slots.find_client", client_id=client_id)
    return reach(schedule, row).troubles


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


def _refuse(tx: Transaction, client: Client, schedule: Schedule) -> None:
    if not client.active:
        raise BadInput("client_id", f"{client.client_id} is not active", "See table clients.")
    for trouble in troubles_of(tx, client.client_id, schedule):
        if trouble in ("group", "operator", "super"):
            fix = f"Correct client_{trouble} in the table clients, or leave this recipient out."
            raise BadInput(trouble, f"client_{trouble} names no usable chat, or others too", fix)
        raise BadInput(trouble, "cannot be used", "Name at least one, or switch it off.")


def _load(tx: Transaction, client_id: str) -> Schedule:
    row = tx.first("recap_schedule.get", client_id=client_id)
    return schedule_of(row) if row else Schedule()
