"""Runs of single clients without a queue in between, and whole days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.dispatch import open_slot
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.engagement.scope import Refresh
from chalicelib.jobs import ClientJob, Trigger
from chalicelib.posts.fetch import Results, fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, fetches_posts, job_expiry, slots_of
from tests.integration.inbox import Inbox


class _Pages(Deadline):
    """The deadline of an invocation with time for `pages` pages."""

    def __init__(self, pages: int) -> None:
        super().__init__()
        self.__dict__["_pages"] = iter(range(pages))

    def has_time(self) -> bool:
        return next(self.__dict__["_pages"], None) is not None


@contextmanager
def hurried(runtime: Runtime, pages: int) -> Iterator[None]:
    """An invocation with time for `pages` pages."""
    runtime.deadline = _Pages(pages)
    yield
    runtime.deadline = UNLIMITED


def start_run(
    runtime: Runtime,
    client_id: str,
    slot: Slot | None = None,
    trigger: Trigger = "schedule",
) -> ClientJob:
    """Opens the slot (of the runtime's now) for this client, as dispatch does; returns its job."""
    at = slot or Slot.exactly(runtime.now())
    with runtime.db.transaction() as tx:
        tx.run(
            "slots.open", slot=at.at, status="open", trigger=trigger, reason=None, now=runtime.now()
        )
        client = tx.run("slots.find_client", client_id=client_id)[0]
        run = {
            "client_id": client_id,
            "fetch_posts": fetches_posts(client_id, client["client_type"], at),
            "expires_at": job_expiry(client_id, client["client_type"], at),
        }
        clients = json.dumps([run], default=datetime.isoformat)
        tx.run("slots.add_clients", slot=at.at, trigger=trigger, clients=clients)
    return ClientJob(slot=at.at, trigger=trigger, **run)


def fetch(runtime: Runtime, client_id: str) -> Results:
    """A client's fetch in the slot of the runtime's now, from its start."""
    results = fetch_posts(runtime, start_run(runtime, client_id))
    assert results is not None
    return results


def refresh(runtime: Runtime, client_id: str) -> None:
    """A client's engagement in the slot of the runtime's now, without its fetch."""
    refresh_engagement(runtime, start_run(runtime, client_id))


def whole_run(runtime: Runtime, client_id: str) -> ClientJob:
    """Both stages of a client's run."""
    job = start_run(runtime, client_id)
    fetch_posts(runtime, job)
    refresh_engagement(runtime, job)
    return job


def tell(runtime: Runtime, client_id: str = "CONTOH", got_through: bool = True) -> None:
    """The end of a client's run in the slot of the runtime's now, as often as requested; another
    client keeps the slot open."""
    verdict = {"verdict": "complete" if got_through else "error", "error_kind": None}
    result = json.dumps({"instagram": verdict, "tiktok": verdict})
    with runtime.db.transaction():
        runtime.db.execute("DELETE FROM client_run")
    job = start_run(runtime, client_id)
    with runtime.db.transaction():
        runtime.db.execute("UPDATE client_run SET fetch_result = CAST(:r AS jsonb)", r=result)
        runtime.db.execute(
            "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at) "
            "VALUES (:slot, 'LAIN', 'schedule', true, :slot)",
            slot=job.slot,
        )
    refresh_engagement(runtime, job)


def play_day(
    runtime_at: Callable[[datetime], Runtime],
    inbox: Inbox,
    day: date,
    refresh: Refresh = "delta",
    every: int = 1,
) -> None:
    """A whole day of all clients, slot by slot, or every n-th one and the last."""
    for slot in reversed(slots_of(day)[::-every]):
        runtime = runtime_at(slot.at)
        runtime.settings = runtime.settings.model_copy(update={"engagement_refresh": refresh})
        open_slot(runtime, slot, "schedule")
        for body in inbox.take(FETCH):
            fetch_posts(runtime, ClientJob.model_validate(body))
        for body in inbox.take(ENGAGEMENT):
            refresh_engagement(runtime, ClientJob.model_validate(body))
        runtime.close()
