"""The second stage: who liked and commented, merged into what is stored; then the messages.

API calls come first and hold no transaction; then one transaction writes engagement, audits and
coverage, the outbox rows and the run's outcome. The rows are published after the commit. Stored
names are only added to: a response that leaves someone out removes no one.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib import queues
from chalicelib.db import Transaction
from chalicelib.engagement.choice import Choice, choose, unread
from chalicelib.engagement.outcomes import (
    as_stored,
    engagement_results,
    failed_platforms,
    platform_errors,
)
from chalicelib.engagement.readers import PostRead, read_posts
from chalicelib.engagement.sharing import freed, give_back
from chalicelib.engagement.witness import note, watch
from chalicelib.errors import BadInput, Conflict
from chalicelib.jobs import ClientJob
from chalicelib.notify.plan import Plan
from chalicelib.notify.run import Run
from chalicelib.notify.state import load_run, plan_of
from chalicelib.outbox.messages import OutboxRow, Written
from chalicelib.outbox.publish import add_messages, publish_messages, publish_unpublished
from chalicelib.platforms import Platform
from chalicelib.reports.close import close_slot, tell_of_closed, tell_of_run
from chalicelib.results import Engaged
from chalicelib.runs import Cost, dropped_if_expired
from chalicelib.runtime import Runtime
from chalicelib.slots import audit_window

log = logging.getLogger(__name__)

_DECISIONS = 3
_LATER = Plan("nothing", "a continuation follows")


def refresh_engagement(runtime: Runtime, job: ClientJob) -> None:
    """Does the job; what there is no time for goes back to the queue as a continuation.

    A repeated run changes nothing but publishes what a crash left unpublished. Raises BadInput for
    a run that does not exist, DatabaseUnavailable and QueueUnavailable.
    """
    cost = Cost(runtime)
    run = begin(runtime, job)
    if run is None:
        publish_unpublished(runtime, job.slot, job.client_id)
        if not close_slot(runtime, job.of_slot):
            tell_of_closed(runtime, job.of_slot)
        return
    choice = choose(runtime, run, job)
    watched = watch(runtime, job, choice.read_tasks)
    posts = read_posts(runtime, choice.wanted, watched.lists)
    give_back(runtime, job, posts)
    if mine := freed(runtime, job, choice.left):
        choice = choice.with_own(mine)
        posts += read_posts(runtime, unread(mine))
    note(runtime, watched, posts)
    read = _Read(posts, choice, cost)
    written = _write(runtime, job, run, read)
    publish_messages(runtime, written.messages)
    tell_of_run(runtime, job.of_slot, written.errors, written.closed)
    left = tuple(post.resume_from for post in posts if post.resume_from)
    if left:
        log.info("client %s: %d posts left for a continuation", job.client_id, len(left))
        more = job.model_copy(update={"continuation": left})
        runtime.queues.send_one(queues.ENGAGEMENT, more)


@dataclass(frozen=True)
class _Written:
    """What was written: messages to publish, the error kinds per platform, and whether this closed
    the slot."""

    messages: Sequence[OutboxRow] = ()
    errors: Sequence[tuple[Platform, str]] = ()
    closed: bool = False


@dataclass(frozen=True)
class _Read:
    """The result of reading what was chosen, before it is written."""

    posts: Sequence[PostRead]
    choice: Choice
    cost: Cost

    @property
    def finished(self) -> bool:
        return not any(post.resume_from for post in self.posts)

    def users(self) -> list[dict[str, Any]]:
        """The `users` of engagement.store_reads: the names of each post of which a page was read,
        and the result of the read."""
        by_id = {(task.platform, task.content_id): task for task in self.choice.tasks}
        return [
            as_stored(post, task)
            for post in self.posts
            if (task := by_id.get((post.platform, post.content_id)))
        ]


def begin(runtime: Runtime, job: ClientJob) -> Run | None:
    """Loads the run and all that the stage needs in one query; None if there is nothing left to do.
    Raises BadInput if there is no such run."""
    with runtime.db.transaction(keyed=True) as tx:
        run = load_run(runtime, tx, job.client_id, job.of_slot, note_links=True)
        if run is None or not run.started:
            raise BadInput("client_id", f"{job.client_id} has no run in slot {job.slot}")
        expired = dropped_if_expired(runtime, tx, job, run.ended)
    return None if expired or run.ended else run


def _write(runtime: Runtime, job: ClientJob, run: Run, read: _Read) -> _Written:
    """Writes everything in one transaction; nothing if another worker was first.

    If another run has told something in the meantime, what to tell is decided again.
    """
    for _ in range(_DECISIONS - 1):
        try:
            return _write_once(runtime, job, run, read)
        except Conflict:
            log.info("client %s: deciding again what to tell", job.client_id)
        again = begin(runtime, job)
        if again is None:
            return _Written()
        run = replace(again, engaged=run.engaged)
    return _write_once(runtime, job, run, read)


def _write_once(runtime: Runtime, job: ClientJob, run: Run, read: _Read) -> _Written:
    platforms = run.client.platforms
    engagement = engagement_results(platforms, read.posts, read.choice.left_out, run.engaged)
    errors = platform_errors(run.fetched, engagement)
    through = set(platforms) - failed_platforms(run.fetched, engagement)
    told = _plan(runtime, job, run, got_through=bool(through)) if read.finished else _LATER
    now = runtime.now()
    with runtime.db.transaction(keyed=True) as tx:
        if not _store(tx, job, run.engaged, read, now):
            return _Written()
        messages = _tell(tx, run, told, now)
        ended = tx.first(
            "engagement.end_run",
            slot=job.slot,
            client_id=job.client_id,
            now=now,
            engagement=json.dumps(engagement),
            finished=read.finished,
            outcome=("failed" if errors else "done") if read.finished else None,
            error_kind=next(iter(errors.values()), None),
            **read.cost.columns(run.api_calls),
        )
    met = [(platform, errors[platform]) for platform in platforms if platform in errors]
    closed = ended is not None and ended["closed_seconds"] is not None
    return _Written(messages, met, closed)


def _store(
    tx: Transaction, job: ClientJob, before: Engaged | None, read: _Read, now: datetime
) -> bool:
    """Stores what was read; returns false if another worker was first (`before`: what the run had
    stored)."""
    window_start, window_end = audit_window(job.of_slot)
    stored = tx.first(
        "engagement.store_reads",
        slot=job.slot,
        client_id=job.client_id,
        before=None if before is None else json.dumps(before),
        now=now,
        users=json.dumps(read.users()),
        unchanged=[task.content_id for task in read.choice.as_stored],
        left=[task.content_id for task in read.choice.left],
        window_start=window_start,
        window_end=window_end,
    )
    return stored is not None


def _tell(tx: Transaction, run: Run, told: Plan, now: datetime) -> list[Written]:
    """Writes what the chats are told. Raises Conflict if another run has told some of it."""
    if told.hour is not None:
        tasks = Counter(task.platform for task in run.tasks if not task.late)
        tells = [
            {"change_id": change_id, "chat": message.chat}
            for message in told.messages
            for change_id in message.changes
        ]
        noted = tx.first(
            "notify.replace_lists",
            client_id=run.client.client_id,
            now=now,
            hour=told.hour,
            counts=json.dumps(tasks),
            tells=json.dumps(tells),
        )
        if noted is None:
            raise Conflict("the hour's list was written meanwhile")
    written = add_messages(tx, told.messages, now)
    if not all(row["tells_all"] for row in written):
        raise Conflict("what the chats were told has changed meanwhile")
    return written


def _plan(runtime: Runtime, job: ClientJob, run: Run, got_through: bool) -> Plan:
    told = plan_of(runtime.settings, job.of_slot, run, got_through)
    log.info("client %s, slot %s: %s, %s", job.client_id, job.of_slot, told.send, told.why)
    return told
