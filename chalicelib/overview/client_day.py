"""One client's day: what happened, in order; its posts, its groups, what it would be told now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Self

from chalicelib.db import Transaction
from chalicelib.errors import BadInput
from chalicelib.notify.state import load_run, plan_of
from chalicelib.overview.client_lines import ClientLine
from chalicelib.overview.clients import read_lines, with_latest
from chalicelib.overview.posts import PostLine, Wanted, read_posts
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, day_bounds

EventKind = Literal["fetch", "engagement", "change", "message", "waiting"]

MOST_MESSAGES = 200
MOST_POSTS = 200


@dataclass(frozen=True)
class PlatformResult:
    """A platform's result of a stage. `verdict` and the counts of posts are a fetch's; `lists`,
    `unchanged`, `failed`, `gone` count posts of a refresh, and `users` the people read."""

    platform: Platform
    verdict: str | None = None
    posts: int | None = None
    new: int | None = None
    removed: int | None = None
    held: int | None = None
    lists: int | None = None
    users: int | None = None
    unchanged: int | None = None
    failed: int | None = None
    gone: int | None = None
    error_kind: str | None = None

    @classmethod
    def of_fetch(cls, platform: Platform, result: Mapping[str, Any]) -> Self:
        names = ("verdict", "posts", "new", "removed", "held", "error_kind")
        return cls(platform, **{name: result.get(name) for name in names})

    @classmethod
    def of_refresh(cls, platform: Platform, result: Mapping[str, Any]) -> Self:
        names = ("users", "unchanged", "failed", "gone", "error_kind")
        found = {name: result.get(name) for name in names}
        return cls(platform, lists=result.get("posts"), **found)


@dataclass(frozen=True)
class Event:
    """Something that happened to the client at `at`, in its run of `slot`. What it is not about is
    None or empty. `outcome`, `api_requests`, `seconds`, `trigger`: of the run, in its last event.
    `change`: new, late, removed, held, link; `told`: to how many chats."""

    at: datetime
    kind: EventKind
    slot: datetime
    results: Sequence[PlatformResult] = ()
    trigger: str | None = None
    outcome: str | None = None
    error_kind: str | None = None
    api_requests: int | None = None
    api_calls: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None
    change: str | None = None
    platform: Platform | None = None
    content_id: str | None = None
    caption: str | None = None
    told: int | None = None
    outbox_id: int | None = None
    message_kind: str | None = None
    status: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Preview:
    """What the client's groups would be told in a run of `slot` now, if every platform got through.
    `texts`: by chat, in order."""

    slot: datetime
    send: Literal["task_list", "changes", "nothing"]
    why: str
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ClientDay:
    """A client on a WIB day, as known at `read_at`. `line`: as the list shows it, of today.
    `told_now` is None for a day that is over, and before the day's first slot."""

    day: date
    read_at: datetime
    line: ClientLine
    timeline: Sequence[Event]
    posts: Sequence[PostLine]
    told_now: Preview | None
    api_requests: int
    seconds: float


def client_day(runtime: Runtime, client_id: str, day: date | None = None) -> ClientDay:
    """The client's day, by default today. Raises BadInput for an unknown client."""
    now = runtime.now()
    wanted = day or now.date()
    with runtime.db.transaction() as tx:
        lines = read_lines(tx, now, client_id)
        if not lines:
            raise BadInput("client_id", f"there is no client {client_id!r}", "See the list.")
        [line] = with_latest(tx, lines, now)
        key = line.client_id
        start, end = day_bounds(wanted)
        runs = tx.run("overview_clients.runs_of", client_id=key, day_start=start, day_end=end)
        timeline = [*_of_runs(runs), *_of_changes(tx, key, wanted), *_of_messages(tx, key, wanted)]
        posts, _ = read_posts(tx, wanted, Wanted(client_id=key, per_page=MOST_POSTS))
    return ClientDay(
        day=wanted,
        read_at=now,
        line=line,
        timeline=sorted(timeline, key=lambda event: event.at),
        posts=posts,
        told_now=told_now(runtime, key) if wanted == now.date() else None,
        api_requests=sum(run["api_requests"] for run in runs),
        seconds=sum(run["seconds"] for run in runs),
    )


def told_now(runtime: Runtime, client_id: str) -> Preview | None:
    """What the client's groups would be told in the latest slot; None before the day's first.
    Writes nothing."""
    slot = Slot.latest(runtime.now())
    if slot is None:
        return None
    with runtime.db.transaction() as tx:
        run = load_run(runtime, tx, client_id, slot, note_links=False)
    if run is None:
        return None
    plan = plan_of(runtime.settings, slot, run, got_through=True, feeds={})
    texts = [(message.chat, message.text) for message in plan.messages]
    return Preview(slot.at, plan.send, plan.why, texts)


def _of_runs(runs: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    for run in runs:
        if run["fetched_at"]:
            results = _by_platform(PlatformResult.of_fetch, run["fetch_result"])
            yield Event(run["fetched_at"], "fetch", run["slot"], results, run["trigger"])
        if run["finished_at"]:
            yield _end(run)
        elif run["dispatched_at"]:
            yield Event(run["dispatched_at"], "waiting", run["slot"], trigger=run["trigger"])


def _by_platform(
    make: Callable[[Platform, Mapping[str, Any]], PlatformResult],
    results: Mapping[Platform, Mapping[str, Any]] | None,
) -> list[PlatformResult]:
    known = results or {}
    return [make(platform, known[platform]) for platform in PLATFORMS if platform in known]


def _end(run: Mapping[str, Any]) -> Event:
    return Event(
        at=run["finished_at"],
        kind="engagement",
        slot=run["slot"],
        results=_by_platform(PlatformResult.of_refresh, run["engagement_result"]),
        trigger=run["trigger"],
        outcome=run["outcome"],
        error_kind=run["error_kind"],
        api_requests=run["api_requests"],
        api_calls=run["api_calls"],
        seconds=run["seconds"],
    )


def _of_changes(tx: Transaction, client_id: str, day: date) -> Iterator[Event]:
    for row in tx.run("overview_clients.changes_of", client_id=client_id, wib_day=day):
        yield Event(
            at=row["created_at"],
            kind="change",
            slot=row["slot"],
            change=row["kind"],
            platform=row["platform"],
            content_id=row["content_id"],
            caption=row["caption"],
            told=row["told"],
        )


def _of_messages(tx: Transaction, client_id: str, day: date) -> Iterator[Event]:
    start, end = day_bounds(day)
    rows = tx.run(
        "overview_clients.messages_of",
        client_id=client_id,
        day_start=start,
        day_end=end,
        most=MOST_MESSAGES,
    )
    for row in rows:
        yield Event(
            at=row["created_at"],
            kind="message",
            slot=row["slot"] or row["created_at"],
            outbox_id=row["outbox_id"],
            message_kind=row["kind"],
            status=row["status"],
            sent_at=row["sent_at"],
        )
