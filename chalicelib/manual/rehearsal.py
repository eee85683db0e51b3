"""A client's run of a slot as it would go now: the APIs are read, nothing is stored or sent.

The run itself is rehearsed: both stages, in a transaction that is rolled back. It is played again
and again, each time with the calls that it lacked the time before, until it lacks none; so no call
is made while the transaction holds its locks, and what the last performance wrote is what a real
run would write now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chalicelib.clients import Client
from chalicelib.db import Row, Transaction
from chalicelib.db.rehearsed import rehearsed
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob, QueueMessage
from chalicelib.manual.runs import find_client, run_client
from chalicelib.parallel import side_by_side
from chalicelib.platforms import PLATFORMS
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT, Entry, Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, day_bounds
from chalicelib.social.recorded import Answer, Call, recorded


@dataclass(frozen=True)
class Rehearsed:
    """What a client's run would do. Posts are `{platform, content_id}`; `changed` ones with the
    counts and names before and after; `messages`: kind, chat and text. `verdicts`: each platform's
    fetch; `api_requests`: what the rehearsal itself has spent, retries included."""

    client_id: str
    slot: str
    outcome: str
    error_kind: str | None
    verdicts: dict[str, str]
    added: list[Row]
    changed: list[Row]
    removed: list[Row]
    held: list[Row]
    messages: list[Row]
    api_requests: int


def rehearse(runtime: Runtime, client_id: str, slot_text: str | None = None) -> Rehearsed:
    """What `run_client` would do with this client now. Makes the calls that the run would make.
    Raises BadInput as `run_client` does, DatabaseUnavailable."""
    with runtime.db.transaction() as tx:
        client = find_client(tx, client_id)
    tape, before = _Tape(), runtime.counters()
    while True:
        try:
            seen = _perform(runtime, client, slot_text, tape)
        except _Lacking:
            tape.fetch(runtime)
            continue
        spent = runtime.counters() - before
        return _told(client, *seen, spent.api_requests)


class _Lacking(BaseException):
    """The rehearsal needs a call that was not made yet; nothing on the way may take this for an
    error of the API."""


class _Tape:
    """The answers so far, errors too, and the calls that are lacking."""

    def __init__(self) -> None:
        self._known: dict[Call, Callable[[], Any]] = {}
        self._lacking: dict[Call, Callable[[], Any]] = {}
        self._lock = Lock()

    def play(self, call: Call, kind: type[Answer], ask: Callable[[], Answer]) -> Answer:  # noqa: ARG002
        known = self._known.get(call)
        if known is None:
            with self._lock:
                self._lacking[call] = ask
            raise _Lacking
        answer: Answer = known()
        return answer

    def fetch(self, runtime: Runtime) -> None:
        """Makes the calls that are lacking, in parallel."""
        calls, self._lacking = self._lacking, {}
        answers = side_by_side(runtime.pool, _outcome, calls.values())
        self._known.update(zip(calls, answers, strict=True))


def _outcome(ask: Callable[[], Any]) -> Callable[[], Any]:
    """What returns, or raises, once more what the call did."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001  the run decides what it means
        raised = error

        def again() -> Any:
            raise raised

        return again
    return lambda: answer


class _Kept(Queues):
    """Queues that keep what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, QueueMessage]] = []

    def send(self, queue: str, entries: Iterable[Entry], threads: int = 1) -> list[Entry]:  # noqa: ARG002
        """Takes everything; `threads` makes no difference."""
        taken = list(entries)
        self.sent += [(queue, entry.message) for entry in taken]
        return taken

    def close(self) -> None:
        """Closes nothing."""


@dataclass(frozen=True)
class _Seen:
    """The day's posts before and after, and what the run wrote."""

    run: Row
    before: Sequence[Row]
    after: Sequence[Row]
    changes: Sequence[Row]
    messages: Sequence[Row]


def _perform(
    runtime: Runtime, client: Client, slot_text: str | None, tape: _Tape
) -> tuple[Slot, _Seen]:
    """One performance. Raises _Lacking."""
    with rehearsed(runtime.db) as database:
        quiet = runtime.settings.model_copy(update={"heartbeat_url": None})
        kept = _Kept()
        stage = Runtime(
            quiet,
            runtime.now,
            queues=kept,
            database=database,
            apis=recorded(runtime.apis, tape),
        )
        stage.deadline = runtime.deadline
        try:
            return _play(stage, client, slot_text, kept)
        finally:
            stage.close()


def _play(stage: Runtime, client: Client, slot_text: str | None, kept: _Kept) -> tuple[Slot, _Seen]:
    with stage.db.transaction() as tx:
        newest = tx.run("rehearsal.newest")[0]
    job = run_client(stage, client.client_id, slot_text)
    slot = job.of_slot
    with stage.db.transaction() as tx:
        before = _posts(tx, client, slot)
    fetch_posts(stage, job)
    for queue, message in kept.sent:  # grows by continuations
        if queue == ENGAGEMENT and isinstance(message, ClientJob):
            refresh_engagement(stage, message)
    of_run = {"client_id": client.client_id, "slot": slot.at}
    with stage.db.transaction() as tx:
        results = tx.run("slots.client_results", slot=slot.at)
        return slot, _Seen(
            next(row for row in results if row["client_id"] == client.client_id),
            before,
            _posts(tx, client, slot),
            tx.run("rehearsal.changes", **of_run, after=newest["change_id"]),
            tx.run("rehearsal.messages", **of_run, after=newest["outbox_id"]),
        )


def _posts(tx: Transaction, client: Client, slot: Slot) -> list[Row]:
    start, end = day_bounds(slot.day)
    return tx.run("rehearsal.posts", client_id=client.client_id, day_start=start, day_end=end)


_COUNTS = ("like_count", "comment_count", "names", "caption")


def _told(client: Client, slot: Slot, seen: _Seen, api_requests: int) -> Rehearsed:
    before = {_key(post): post for post in seen.before}
    fetched = seen.run["fetch_result"] or {}
    return Rehearsed(
        client_id=client.client_id,
        slot=str(slot),
        outcome=seen.run["outcome"] or "unfinished",
        error_kind=seen.run["error_kind"],
        verdicts={p: fetched[p]["verdict"] for p in PLATFORMS if p in fetched},
        added=_of_kind(seen.changes, "new", "late"),
        changed=[
            difference
            for post in seen.after
            if (was := before.get(_key(post))) and (difference := _difference(was, post))
        ],
        removed=_of_kind(seen.changes, "removed"),
        held=_of_kind(seen.changes, "held"),
        messages=list(seen.messages),
        api_requests=api_requests,
    )


def _key(post: Row) -> tuple[str, str]:
    return post["platform"], post["content_id"]


def _of_kind(changes: Sequence[Row], *kinds: str) -> list[Row]:
    return [
        {"platform": row["platform"], "content_id": row["content_id"]}
        for row in changes
        if row["kind"] in kinds
    ]


def _difference(was: Row, now: Row) -> Row | None:
    """What differs, each as [before, after]; None if nothing does."""
    differs = {name: [was[name], now[name]] for name in _COUNTS if was[name] != now[name]}
    post = {"platform": now["platform"], "content_id": now["content_id"]}
    return post | differs if differs else None
