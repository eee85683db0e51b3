"""Opening a slot: once, with one run and one job per client; the gate decides the first stage.

The slot and its runs commit first, then the jobs are sent and marked, a page at a time; jobs that a
crash left unmarked, or for which time ran out, are sent by the next call or by `sweep`. A job that
arrives twice does no harm.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from chalicelib import queues
from chalicelib.clients import Client, participants
from chalicelib.db import Row, Transaction
from chalicelib.errors import CiceroError
from chalicelib.jobs import ClientJob, Trigger
from chalicelib.queues import Entry
from chalicelib.reports import missed
from chalicelib.reports.close import close_slot
from chalicelib.runtime import Runtime
from chalicelib.slot_plan import plan_slot
from chalicelib.slots import Segment, Slot, job_expiry, segment_of

log = logging.getLogger(__name__)

JOB_KEY = "./src/cron/cronDirRequestFetchSosmed.js"
"""This job's row in cron_job_config, under the name that operators know it by."""

MANUAL_LIFE = timedelta(minutes=30)
"""How long a job of a manual run is valid."""

PAGE = 1000
"""How many jobs are read, sent and marked at once."""

SEND_SECONDS = 30.0
"""When sending stops, well within the time limits of open_slot and sweep."""

_SEND_THREADS = 8


@dataclass(frozen=True)
class Opened:
    """The result of a slot event. `dispatched` counts the jobs sent by this call."""

    slot: str
    result: Literal["opened", "already_open", "skipped", "missed"]
    clients: int
    dispatched: int


def open_slot(runtime: Runtime, slot: Slot, trigger: Trigger) -> Opened:
    """Opens the slot if nobody has yet, and sends the jobs not sent yet.

    A schedule that fires too late for its slot opens nothing and sends nothing: the slot is
    recorded and reported as missed, unless it was opened in time.
    """
    if trigger == "schedule" and slot.too_late(runtime.now()):
        late = missed.record_missed(runtime, [slot], "the schedule fired too late")
        return Opened(str(slot), "missed" if late else "already_open", 0, 0)
    off = None if trigger == "manual" else _why_off(runtime)
    with runtime.db.transaction() as tx:
        opened = tx.first(
            "slots.open",
            slot=slot.at,
            status="skipped" if off else "open",
            trigger=trigger,
            reason=off,
            now=runtime.now(),
        )
        if opened is None and trigger == "manual":
            opened = tx.first("slots.reopen", slot=slot.at, trigger=trigger, now=runtime.now())
        clients = _add_clients(tx, slot, trigger, runtime.now()) if opened and not off else []
    if opened and off:
        log.warning("slot %s skipped: %s", slot, off)
        return Opened(str(slot), "skipped", 0, 0)
    if clients:
        plan_slot(runtime, slot, clients)
    dispatched = send_jobs(runtime, slot)
    if opened and not clients:
        close_slot(runtime, slot)
    return Opened(str(slot), "opened" if opened else "already_open", len(clients), dispatched)


def send_jobs(runtime: Runtime, slot: Slot, seconds: float = SEND_SECONDS) -> int:
    """Sends the slot's jobs that are not marked as sent, the client longest without a success
    first.

    Jobs that SQS refuses, or that do not fit within `seconds`, are left to the next call. Memory
    does not grow with the number of jobs.
    """
    sent = refused = 0
    until = time.monotonic() + seconds
    while rows := _undispatched(runtime, slot, refused):
        taken = _send_page(runtime, slot, rows)
        sent, refused = sent + taken, refused + len(rows) - taken
        if len(rows) < PAGE:
            break
        if time.monotonic() > until or not runtime.deadline.has_time():
            log.warning("slot %s: %d jobs sent, no time for the others", slot, sent)
            break
    return sent


def _undispatched(runtime: Runtime, slot: Slot, refused: int) -> list[Row]:
    """The next page; refused jobs stay at the front."""
    with runtime.db.transaction() as tx:
        return tx.run("slots.undispatched", slot=slot.at, skip=refused, most=PAGE)


def _send_page(runtime: Runtime, slot: Slot, rows: list[Row]) -> int:
    """Sends and marks the jobs; returns how many were accepted."""
    sent = 0
    for queue, fetching in ((queues.FETCH, True), (queues.ENGAGEMENT, False)):
        jobs = (_job(slot, row) for row in rows if row["fetch_posts"] is fetching)
        taken = runtime.queues.send(queue, (Entry(job) for job in jobs), threads=_SEND_THREADS)
        if taken:
            _mark(runtime, slot, taken)
        sent += len(taken)
    return sent


def _why_off(runtime: Runtime) -> str | None:
    """Why the operators' switch keeps slots from running; None if they may run. A setting decides
    what a failed look-up means."""
    try:
        with runtime.db.transaction() as tx:
            row = tx.first("slots.job_is_active", job_key=JOB_KEY)
    except CiceroError as error:
        strategy = runtime.settings.cron_status_lookup_strategy
        log.warning("cron_job_config cannot be read (%s): %s", error, strategy)
        return "cron_job_config could not be read" if strategy == "fail_closed" else None
    on = row is None or row["is_active"] is not False
    return None if on else "cron_job_config is inactive"


def _add_clients(tx: Transaction, slot: Slot, trigger: Trigger, now: datetime) -> list[Client]:
    """Adds one run per participant. In a manual run, an old slot's jobs still get their time."""
    earliest = now + MANUAL_LIFE if trigger == "manual" else now
    clients = participants(tx.run("slots.active_clients"))
    runs = _runs(clients, slot, earliest)
    tx.run("slots.add_clients", slot=slot.at, trigger=trigger, clients=json.dumps(runs))
    return clients


def _runs(clients: Iterable[Client], slot: Slot, earliest: datetime) -> list[dict[str, Any]]:
    """The columns that differ between the clients' runs; the jobs of a segment expire together."""
    expiries: dict[Segment, str] = {}
    runs: list[dict[str, Any]] = []
    for client in clients:
        segment = segment_of(client.client_id, client.client_type)
        if segment not in expiries:
            expiry = job_expiry(client.client_id, client.client_type, slot)
            expiries[segment] = max(earliest, expiry).isoformat()
        runs.append(
            {
                "client_id": client.client_id,
                "fetch_posts": segment.fetches_at(slot.at.time()),
                "expires_at": expiries[segment],
            }
        )
    return runs


def _job(slot: Slot, row: Row) -> ClientJob:
    return ClientJob(
        slot=slot.at,
        client_id=row["client_id"],
        fetch_posts=row["fetch_posts"],
        trigger=row["trigger"],
        expires_at=row["expires_at"],
    )


def _mark(runtime: Runtime, slot: Slot, taken: Sequence[Entry]) -> None:
    clients = list(_client_ids(taken))
    with runtime.db.transaction() as tx:
        tx.run("slots.mark_dispatched", slot=slot.at, clients=clients, now=runtime.now())


def _client_ids(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry.message, ClientJob):
            yield entry.message.client_id
