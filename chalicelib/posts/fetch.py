"""The first stage: a client's posts of the day, on all platforms, into the tables and the ledger.

API calls come first and hold no transaction; then one transaction writes everything. Posts that
are missing for the second time are looked up one by one, and then removed or kept; those that could
not be looked up are looked up at the next fetch. Repeating the job changes nothing: a run that was
already fetched only sends its engagement job.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from chalicelib import queues
from chalicelib.db import Transaction
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.platforms import Platform
from chalicelib.posts import removals
from chalicelib.posts.feeds import AccountFeed, read_feeds
from chalicelib.posts.run import FetchRun, History
from chalicelib.reports.close import close_slot
from chalicelib.results import Verdict
from chalicelib.runs import Cost, dropped_if_expired
from chalicelib.runtime import Runtime
from chalicelib.slot_plan import kept_by, plans_of
from chalicelib.slots import Slot, day_bounds
from chalicelib.social.content import Post

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FetchResult:
    """The result of a platform's fetch; kept as JSON in client_run.fetch_result."""

    verdict: Verdict
    posts: int = 0
    new: int = 0
    removed: int = 0
    held: int = 0
    error_kind: str | None = None
    error: str | None = None


Results = dict[Platform, FetchResult]


def fetch_posts(runtime: Runtime, job: ClientJob) -> Results | None:
    """Does the job and sends the engagement job; returns None if there was nothing to do.

    Raises BadInput for a run that does not exist, DatabaseUnavailable and QueueUnavailable;
    the queue then delivers the job again.
    """
    cost = Cost(runtime)
    run = begin(runtime, job)
    if run.ended:
        return None
    results: Results | None = None
    if not run.fetched:
        runtime.kept = kept_by(plans_of(run.plan, manual=job.trigger == "manual"))
        since = {p: _since(history, job.of_slot) for p, history in run.history.items()}
        fetched = _Fetched(job, run, since, read_feeds(runtime, run, since))
        stored = _write(runtime, fetched, cost)
        results = _settle(runtime, job, stored) if stored else None
    runtime.queues.send_one(queues.ENGAGEMENT, job)
    return results


def begin(runtime: Runtime, job: ClientJob) -> FetchRun:
    """The client's run. An expired job is recorded, and its run returned as ended. Raises BadInput
    if there is no such run."""
    with runtime.db.transaction(keyed=True) as tx:
        day_start, _ = day_bounds(job.of_slot.day)
        row = tx.first("posts.begin", slot=job.slot, client_id=job.client_id, day_start=day_start)
        if row is None:
            raise BadInput("client_id", f"{job.client_id} has no run in slot {job.slot}")
        run = FetchRun.from_row(row)
        expired = dropped_if_expired(runtime, tx, job, run.ended)
    if expired:
        close_slot(runtime, job.of_slot)
        return replace(run, ended=True)
    return run


def _since(history: History, slot: Slot) -> datetime:
    """The start of the day; of yesterday until the day's first complete fetch, for posts made after
    yesterday's last slot. A client without older posts is new, and has no yesterday."""
    start, _ = day_bounds(slot.day)
    return start - timedelta(days=1) if history.first and history.known else start


@dataclass(frozen=True)
class _Fetched:
    """What a job has read, before it is written."""

    job: ClientJob
    run: FetchRun
    since: Mapping[Platform, datetime]
    feeds: Mapping[Platform, AccountFeed]

    def posts(self, platform: Platform) -> list[Post]:
        """The posts of the period that this fetch covers."""
        _, day_end = day_bounds(self.job.of_slot.day)
        return self.feeds[platform].feed.between(self.since[platform], day_end)

    def result(self, platform: Platform) -> FetchResult:
        feed, had_posts = self.feeds[platform].feed, self.run.history[platform].had
        return FetchResult(
            feed.verdict(had_posts),
            posts=len(self.posts(platform)),
            error_kind=feed.trouble(had_posts),
            error=str(feed.error) if feed.error else None,
        )

    @cached_property
    def results(self) -> Results:
        return {platform: self.result(platform) for platform in self.feeds}

    def rows(self) -> list[dict[str, Any]]:
        """The posts in the form that posts.store takes."""
        day_start, _ = day_bounds(self.job.of_slot.day)
        return [
            post.model_dump(mode="json", exclude={"owner", "owner_id", "coauthors", "pinned"})
            | {"late": post.posted_at < day_start, "owned": account.owns(post)}
            for platform, account in self.feeds.items()
            for post in self.posts(platform)
        ]

    def looked_up(self) -> dict[Platform, dict[str, str | None]]:
        """The accounts that were looked up, in the form that a platform's note_account takes."""
        return {
            platform: {"handle": account.handle, "account_id": account.account_id}
            for platform, account in self.feeds.items()
            if account.looked_up
        }


@dataclass(frozen=True)
class _Stored:
    """The results and the cost of a fetch so far, and the posts that must be looked up."""

    results: Results
    api_calls: dict[str, int]
    lacked: Mapping[Platform, removals.Lacked]


def _write(runtime: Runtime, fetched: _Fetched, cost: Cost) -> _Stored | None:
    """Writes everything that the fetch found, and the removals that it undoes, in one transaction;
    returns None if another worker was first."""
    job, rows = fetched.job, fetched.rows()
    of_job = {"slot": job.slot, "client_id": job.client_id, "now": runtime.now()}
    with runtime.db.transaction(keyed=True) as tx:
        day = job.of_slot.day
        stored = tx.first("posts.store", **of_job, wib_day=day, posts=json.dumps(rows))
        if stored is None:
            return None
        lacked = _note_missing(tx, fetched, rows, of_job)
        if stored["returned"]:
            tx.run("content.restore", contents=stored["returned"], **of_job)
        for platform, account in fetched.looked_up().items():
            note = f"{platform}.note_account"
            tx.run(note, client_id=job.client_id, now=of_job["now"], **account)
        results: Results = {
            platform: replace(result, new=stored["new"].get(platform, 0))
            for platform, result in fetched.results.items()
        }
        costs = cost.columns(fetched.run.api_calls)
        tx.run("posts.end_fetch", **of_job, results=_as_json(results), **costs)
    return _Stored(results, json.loads(costs["api_calls"]), lacked)


def _note_missing(
    tx: Transaction,
    fetched: _Fetched,
    rows: Sequence[Mapping[str, Any]],
    of_job: Mapping[str, Any],
) -> dict[Platform, removals.Lacked]:
    """Notes the posts that this fetch lacked; returns those that an earlier one lacked too."""
    day_start, day_end = day_bounds(fetched.job.of_slot.day)
    of_day = tx.run(
        "posts.note_missing",
        **of_job,
        day_start=day_start,
        day_end=day_end,
        seen=[post.content_id for feed in fetched.feeds.values() for post in feed.feed.posts],
        complete=[p for p, result in fetched.results.items() if result.verdict == "complete"],
    )
    slot = fetched.job.slot
    lacked: dict[Platform, removals.Lacked] = {}
    for platform in fetched.feeds:
        mine = [row for row in of_day if row["platform"] == platform]
        since = {row["content_id"]: row["missing_since"] for row in mine}
        shown = {p["content_id"] for p in rows if p["platform"] == platform and not p["late"]}
        twice = tuple(content for content, noted in since.items() if noted and noted < slot)
        lacked[platform] = removals.Lacked(twice, len(since.keys() | shown))
    return lacked


def _settle(runtime: Runtime, job: ClientJob, stored: _Stored) -> Results:
    """Looks up the posts that are missing for the second time, and removes those that are gone."""
    cost, results = Cost(runtime), dict(stored.results)
    asked = removals.ask(runtime, stored.lacked, runtime.deadline.has_time)
    if not asked:
        return results
    with runtime.db.transaction() as tx:
        for platform, (removed, held) in removals.write(runtime, tx, job, asked).items():
            result, error = results[platform], asked[platform].error
            results[platform] = replace(
                result,
                removed=removed,
                held=held,
                error_kind=error.kind if error else result.error_kind,
                error=str(error) if error else result.error,
            )
        tx.run(
            "posts.correct",
            slot=job.slot,
            client_id=job.client_id,
            results=_as_json(results),
            **cost.columns(stored.api_calls),
        )
    return results


def _as_json(results: Results) -> str:
    return json.dumps({platform: asdict(result) for platform, result in results.items()})
