"""The second stage: who liked and commented, merged into what is stored; then the messages.

API calls come first and hold no transaction; then one transaction writes engagement, audits,
the run's outcome and the outbox rows, which are published after the commit. What is stored only
grows: an answer that leaves someone out removes no one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib import outbox, queues, reports, telling
from chalicelib.clients import Client, Platform
from chalicelib.db import Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.posts import begin
from chalicelib.runtime import Counters, Runtime, time_left
from chalicelib.scope import todays_posts
from chalicelib.slots import audit_window
from chalicelib.social.content import UserPage
from chalicelib.social.errors import ApiError, NotFound

log = logging.getLogger(__name__)

MAX_PAGES = 200
_STOP_BEFORE = timedelta(seconds=60)


@dataclass
class PlatformRefresh:
    """What was read of a platform: user names per content id, and what went wrong.

    `gone` posts are no trouble: a deleted post waits for its fetch to confirm it.
    """

    usernames: dict[str, set[str]] = field(default_factory=dict)
    gone: int = 0
    failed: int = 0
    error_kind: str | None = None
    error: str | None = None

    def note(self, error: ApiError) -> None:
        if isinstance(error, NotFound):
            self.gone += 1
            return
        self.failed += 1
        self.error_kind, self.error = error.kind, str(error)

    def result(self) -> dict[str, Any]:
        """The JSON kept in client_run.engagement_result."""
        return {
            "posts": len(self.usernames),
            "users": sum(map(len, self.usernames.values())),
            "gone": self.gone,
            "failed": self.failed,
            "error_kind": self.error_kind,
            "error": self.error,
        }


def refresh_engagement(runtime: Runtime, job: ClientJob, context: Any = None) -> None:
    """Does the job; what there is no time for goes back into the queue as a continuation.

    Doing it again changes nothing but publishes what a crash left unpublished. Raises BadInput
    for a run that does not exist, DatabaseUnavailable and QueueUnavailable.
    """
    started, spent = time.monotonic(), runtime.counters()
    run = begin(runtime, job)
    if run["finished_at"] is None:
        client = Client.from_row(run)
        scope = _scope(runtime, client, job)
        read, left = _read(runtime, scope, job, context)
        cost = runtime.counters() - spent
        alerts = _write(runtime, job, client, _Read(read, left, cost, started))
        outbox.publish(runtime, alerts)
        if left:
            more = job.model_copy(update={"continuation": tuple(left)})
            runtime.queues.send_one(queues.ENGAGEMENT, more)
            return
    outbox.publish_left(runtime, job.slot, job.client_id)
    reports.close_slot(runtime, job.of_slot)


@dataclass(frozen=True)
class _Read:
    """The outcome of reading, before it is written. `left` are ids there was no time for."""

    platforms: Mapping[Platform, PlatformRefresh]
    left: list[str]
    cost: Counters
    started: float


def _scope(runtime: Runtime, client: Client, job: ClientJob) -> dict[Platform, list[str]]:
    """The content ids to refresh, per platform that is on."""
    with runtime.db.transaction() as tx:
        scope = {
            platform: [
                p["content_id"] for p in todays_posts(tx, platform, client.client_id, job.of_slot)
            ]
            for platform in client.platforms
        }
    if job.continuation is None:
        return scope
    left = set(job.continuation)
    return {platform: [i for i in ids if i in left] for platform, ids in scope.items()}


def _read(
    runtime: Runtime, scope: Mapping[Platform, list[str]], job: ClientJob, context: Any
) -> tuple[dict[Platform, PlatformRefresh], list[str]]:
    """Reads every post in scope; a post or platform that fails leaves the others alone."""
    refreshes = {platform: PlatformRefresh() for platform in scope}
    left: list[str] = []
    for platform, contents in scope.items():
        page_of = _page_reader(runtime, platform)
        for content_id in contents:
            if time_left(context) < _STOP_BEFORE:
                left.append(content_id)
                continue
            _read_users(refreshes[platform], content_id, page_of)
    if left:
        log.info("client %s: %d posts left for a continuation", job.client_id, len(left))
    return refreshes, left


PageReader = Callable[[str, str | None], UserPage]


def _page_reader(runtime: Runtime, platform: Platform) -> PageReader:
    if platform == "instagram":
        return runtime.instagram.likers
    return runtime.tiktok.commenters


def _read_users(refresh: PlatformRefresh, content_id: str, page_of: PageReader) -> None:
    """All pages of one post; what came before an error is kept."""
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        try:
            page = page_of(content_id, cursor)
        except ApiError as error:
            refresh.note(error)
            return
        refresh.usernames.setdefault(content_id, set()).update(page.usernames)
        if page.following is None or page.following == cursor:
            return
        cursor = page.following


def _write(runtime: Runtime, job: ClientJob, client: Client, read: _Read) -> list[Row]:
    """Everything in one transaction; nothing where another worker was first. Answers the alerts
    it wrote, for publishing."""
    before = runtime.db.round_trips
    with runtime.db.transaction() as tx:
        state = tx.first("runs.lock", slot=job.slot, client_id=job.client_id)
        if state is None or state["finished_at"]:
            return []
        for platform, refresh in read.platforms.items():
            _merge(runtime, tx, platform, refresh, job)
        engagement = _add_up(state["engagement_result"] or {}, read.platforms)
        errors = platform_errors(state["fetch_result"] or {}, engagement)
        if not read.left:
            through = set(client.platforms) - failed_platforms(
                state["fetch_result"] or {}, engagement
            )
            telling.tell(runtime, tx, client, job, got_through=bool(through))
        tx.run(
            "runs.refreshed",
            slot=job.slot,
            client_id=job.client_id,
            engagement=json.dumps(engagement),
            finished_at=None if read.left else runtime.now(),
            outcome=None if read.left else ("failed" if errors else "done"),
            error_kind=next(iter(errors.values()), None),
            api_calls=json.dumps(read.cost.api_calls_on_top_of(state["api_calls"])),
            api_requests=read.cost.api_requests,
            sql_round_trips=read.cost.sql_round_trips + runtime.db.round_trips - before + 2,
            seconds=time.monotonic() - read.started,
        )
        return reports.alert_once(runtime, tx, job.of_slot, errors)


def _merge(
    runtime: Runtime, tx: Transaction, platform: Platform, refresh: PlatformRefresh, job: ClientJob
) -> None:
    if not refresh.usernames:
        return
    users = [
        {"content_id": content_id, "usernames": sorted(names)}
        for content_id, names in refresh.usernames.items()
    ]
    stored = tx.run(f"{platform}.merge_users", users=json.dumps(users), now=runtime.now())
    window_start, window_end = audit_window(job.of_slot)
    tx.run(
        f"{platform}.audit",
        contents=[row["content_id"] for row in stored],
        window_start=window_start,
        window_end=window_end,
        now=runtime.now(),
    )


Result = Mapping[str, Any]


def platform_errors(
    fetch: Mapping[str, Result], engagement: Mapping[str, Result]
) -> dict[str, str]:
    """The error kind of each platform that had any trouble in either stage. Pure."""
    results = [*fetch.items(), *engagement.items()]
    return {name: result["error_kind"] for name, result in results if result["error_kind"]}


def failed_platforms(fetch: Mapping[str, Result], engagement: Mapping[str, Result]) -> set[str]:
    """The platforms that brought nothing: no feed, or not one post's engagement. Pure."""
    no_feed = {name for name, result in fetch.items() if result["verdict"] == "error"}
    no_users = {name for name, r in engagement.items() if r["failed"] and not r["posts"]}
    return no_feed | no_users


def _add_up(
    before: Mapping[str, Result], platforms: Mapping[Platform, PlatformRefresh]
) -> dict[str, dict[str, Any]]:
    """This invocation's results on top of those of the invocations it continues."""
    total: dict[str, dict[str, Any]] = {}
    for platform, refresh in platforms.items():
        result, earlier = refresh.result(), before.get(platform, {})
        for name in ("posts", "users", "gone", "failed"):
            result[name] += earlier.get(name, 0)
        for name in ("error_kind", "error"):
            result[name] = result[name] or earlier.get(name)
        total[platform] = result
    return total
