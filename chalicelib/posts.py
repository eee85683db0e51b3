"""The first stage: a client's posts of the day, both platforms, into tables and ledger.

API calls come first and hold no transaction; then one transaction writes everything. Doing the
job again changes nothing: a run that was fetched already only sends its engagement job on.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import queues, tiktok_accounts
from chalicelib.clients import Client, Platform
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Counters, Runtime
from chalicelib.slots import Slot, day_bounds
from chalicelib.social.content import Post
from chalicelib.social.errors import ApiError
from chalicelib.verdicts import Feed, Verdict, confirm_removals, read_feed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FetchResult:
    """What a platform's fetch came to; kept as JSON in client_run.fetch_result."""

    verdict: Verdict
    posts: int = 0
    new: int = 0
    removed: int = 0
    held: int = 0
    error_kind: str | None = None
    error: str | None = None


def fetch_posts(runtime: Runtime, job: ClientJob) -> dict[str, FetchResult] | None:
    """Does the job and sends the engagement job on; None where there was nothing to do.

    Raises BadInput for a run that does not exist, DatabaseUnavailable and QueueUnavailable;
    the queue then delivers the job again.
    """
    started, spent = time.monotonic(), runtime.counters()
    run = begin(runtime, job)
    if run["finished_at"] is not None:
        return None
    results: dict[str, FetchResult] | None = None
    if run["fetched_at"] is None:
        client = Client.from_row(run)
        feeds = _read_feeds(runtime, client, run, job.of_slot)
        cost = runtime.counters() - spent
        results = _write(runtime, job, client, run, feeds, cost, time.monotonic() - started)
    runtime.queues.send_one(queues.ENGAGEMENT, job)
    return results


def begin(runtime: Runtime, job: ClientJob) -> Row:
    """The client's run with the client's row. An expired job is recorded and comes back as
    finished. Raises BadInput where there is no such run."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        day_start, _ = day_bounds(job.of_slot.day)
        run = tx.first("runs.begin", slot=job.slot, client_id=job.client_id, day_start=day_start)
        if run is None:
            raise BadInput("client_id", f"{job.client_id} has no run in slot {job.slot}")
        if run["finished_at"] is None and now >= job.expires_at:
            over = {"expires_at": job.expires_at, "outcome": "expired", "error_kind": "expired"}
            tx.run("runs.give_up", **_key(job), **over, now=now)
            log.warning("expired: client %s, slot %s", job.client_id, job.of_slot)
            return run | {"finished_at": now}
    return run


def _read_feeds(runtime: Runtime, client: Client, run: Row, slot: Slot) -> dict[Platform, Feed]:
    """Both platforms' feeds; each fails alone, into its own feed's error."""
    feeds: dict[Platform, Feed] = {}
    for platform in client.platforms:
        try:
            feeds[platform] = _read(runtime, client, run, platform, _since(run, platform, slot))
        except ApiError as error:
            feeds[platform] = Feed((), 0, reached=False, error=error)
    return feeds


def _read(runtime: Runtime, client: Client, run: Row, platform: Platform, since: datetime) -> Feed:
    if platform == "instagram":
        handle = client.instagram or ""
        return read_feed(lambda cursor: runtime.instagram.posts(handle, cursor), since)
    return tiktok_accounts.read(runtime, client, run, since)


def _since(run: Row, platform: Platform, slot: Slot) -> datetime:
    """The start of the day; of yesterday until the day's first complete fetch, for posts made
    after yesterday's last slot. A client without older posts is new, and has no yesterday."""
    start, _ = day_bounds(slot.day)
    looks_back = run[f"first_{platform}"] and run[f"known_{platform}"]
    return start - timedelta(days=1) if looks_back else start


def _write(
    runtime: Runtime,
    job: ClientJob,
    client: Client,
    run: Row,
    feeds: Mapping[Platform, Feed],
    cost: Counters,
    seconds: float,
) -> dict[str, FetchResult] | None:
    """Everything the fetch found, in one transaction; None where another worker was first."""
    before = runtime.db.round_trips
    with runtime.db.transaction() as tx:
        state = tx.first("runs.lock", **_key(job))
        if state is None or state["fetched_at"] or state["finished_at"]:
            return None
        writing = _Writing(runtime, tx, job.of_slot, client, run)
        results: dict[str, FetchResult] = {
            platform: writing.platform(platform, feed) for platform, feed in feeds.items()
        }
        tx.run(
            "runs.fetched",
            **_key(job),
            fetch=json.dumps({name: asdict(result) for name, result in results.items()}),
            now=runtime.now(),
            api_calls=json.dumps(cost.api_calls_on_top_of(state["api_calls"])),
            api_requests=cost.api_requests,
            sql_round_trips=cost.sql_round_trips + runtime.db.round_trips - before + 2,
            seconds=seconds,
        )
    return results


@dataclass(frozen=True)
class _Writing:
    """One client's fetch on its way into the tables."""

    runtime: Runtime
    tx: Transaction
    slot: Slot
    client: Client
    run: Row

    def platform(self, platform: Platform, feed: Feed) -> FetchResult:
        _, day_end = day_bounds(self.slot.day)
        posts = feed.between(_since(self.run, platform, self.slot), day_end)
        verdict = feed.verdict(had_posts=self.run[f"had_{platform}"])
        new = self._upsert(platform, posts) if posts else 0
        removed, held = self._removals(platform, feed) if verdict == "complete" else (0, 0)
        return FetchResult(
            verdict,
            posts=len(posts),
            new=new,
            removed=removed,
            held=held,
            error_kind=feed.error.kind if feed.error else None,
            error=str(feed.error) if feed.error else None,
        )

    def _upsert(self, platform: Platform, posts: list[Post]) -> int:
        day_start, _ = day_bounds(self.slot.day)
        changes = self.tx.run(
            f"{platform}.upsert_posts",
            client_id=self.client.client_id,
            posts=json.dumps([_row(post, day_start) for post in posts]),
            slot=self.slot.at,
            wib_day=self.slot.day,
            now=self.runtime.now(),
        )
        return len(changes)

    def _removals(self, platform: Platform, feed: Feed) -> tuple[int, int]:
        """(removed, held) posts of today, missing here and in the complete fetch before."""
        day_start, day_end = day_bounds(self.slot.day)
        missing = self.tx.run(
            f"{platform}.note_missing",
            client_id=self.client.client_id,
            slot=self.slot.at,
            day_start=day_start,
            day_end=day_end,
            seen=[post.content_id for post in feed.posts],
        )
        confirmed = [m["content_id"] for m in missing if m["first_slot"] < self.slot.at]
        if not confirmed:
            return 0, 0
        limit = self.runtime.settings.safe_delete_max_percent
        removals = confirm_removals(confirmed, missing[0]["of_day"], limit)
        if removals.gone:
            self._remove(platform, list(removals.gone))
        return len(removals.gone), len(removals.held)

    def _remove(self, platform: Platform, gone: list[str]) -> None:
        self.tx.run(f"{platform}.lock_posts", gone=gone)
        leaving = self.tx.run(
            f"{platform}.leave",
            client_id=self.client.client_id,
            gone=gone,
            slot=self.slot.at,
            wib_day=self.slot.day,
            now=self.runtime.now(),
        )
        self.tx.run(
            f"{platform}.archive",
            client_id=self.client.client_id,
            gone=[post["content_id"] for post in leaving if not post["shared"]],
            slot=self.slot.at,
            now=self.runtime.now(),
        )


def _key(job: ClientJob) -> dict[str, Any]:
    return {"slot": job.slot, "client_id": job.client_id}


def _row(post: Post, day_start: datetime) -> dict[str, Any]:
    row = post.model_dump(mode="json", exclude={"platform", "owner", "pinned"})
    return row | {"late": post.posted_at < day_start}
