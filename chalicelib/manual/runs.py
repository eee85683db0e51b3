"""Manual runs: a whole slot, or one client's run of it."""

from __future__ import annotations

from chalicelib import queues
from chalicelib.clients import Client, unusable_handles
from chalicelib.db import Transaction
from chalicelib.dispatch import MANUAL_LIFE, Opened, open_slot
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot

_RUN_FIELDS = {"slot", "client_id", "trigger", "fetch_posts", "expires_at"}


def run_client(runtime: Runtime, client_id: str, slot_text: str | None) -> ClientJob:
    """Restarts one client's run of a slot manually; returns the job that was sent.

    Raises BadInput for an unknown or inactive client, and for a time that is not a slot or is still
    to come.
    """
    slot = _slot_for_people(runtime, slot_text)
    now = runtime.now()
    with runtime.db.transaction() as tx:
        client = find_client(tx, client_id)
        job = ClientJob(
            slot=slot.at,
            client_id=client.client_id,
            fetch_posts=True,
            trigger="manual",
            expires_at=now + MANUAL_LIFE,
        )
        tx.run("slots.restart_client", **job.model_dump(include=_RUN_FIELDS))
        tx.run("overview_slots.forget_summary", slot=slot.at)
    runtime.queues.send_one(queues.FETCH, job)
    with runtime.db.transaction() as tx:
        tx.run("slots.mark_dispatched", slot=slot.at, clients=[client.client_id], now=runtime.now())
    return job


def run_slot(runtime: Runtime, slot_text: str) -> Opened:
    """Opens a slot manually, even a missed or skipped one, whatever the operators' switch says.
    Raises BadInput for a time that is not a slot or is still to come."""
    return open_slot(runtime, _slot_for_people(runtime, slot_text), "manual")


def _slot_for_people(runtime: Runtime, text: str | None) -> Slot:
    now = runtime.now()
    slot = Slot.latest(now) if text is None else Slot.parse(text)
    if slot is None:
        raise BadInput("slot", "today has had no slot yet", "Name one, e.g. 2026-02-20T17:00.")
    if slot.at > now:
        raise BadInput("slot", f"{slot} is still to come", "Name one that is past.")
    return slot


def find_client(tx: Transaction, client_id: str) -> Client:
    """The active client that a person means. Raises BadInput if there is none that takes part."""
    row = tx.first("slots.find_client", client_id=client_id)
    if row is None:
        raise BadInput("client_id", f"there is no client {client_id!r}", "See table clients.")
    client = Client.from_row(row)
    if not row["client_status"]:
        raise BadInput("client_id", f"{client.client_id} is inactive", "Set client_status first.")
    if not client.platforms:
        wrong = " and ".join(p for u in unusable_handles([row]) for p in u.problems)
        raise BadInput(
            "client_id",
            f"{client.client_id} has no platform on",
            f"Its {wrong} handle names no account."
            if wrong
            else "Set a handle and its status first.",
        )
    return client
