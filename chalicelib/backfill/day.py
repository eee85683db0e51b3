"""One client's day: its people read, then all of it stored at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.clients import Client
from chalicelib.db import Transaction
from chalicelib.db.rehearsed import rehearsed
from chalicelib.engagement.outcomes import as_stored
from chalicelib.engagement.readers import PostRead, read_posts
from chalicelib.errors import CiceroError
from chalicelib.jobs import Unread
from chalicelib.platforms import Platform
from chalicelib.posts.feeds import AccountFeed
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds, slots_of
from chalicelib.social.errors import NotFound
from chalicelib.tasks import Task

_STOPPING = {"budget", "quota", "api_configuration", "no_time"}
"""Kinds of error after which nothing more is read in this run."""


@dataclass(frozen=True)
class DayFilled:
    """A client's day. `posts`: in its feeds; `new`: not stored before; `lists`: read; `unchanged`:
    read completely before, at the same count; `names`: read; `short`: lists of which a part is
    missing. `errors`: what kept a platform from being read whole; `complete`: nothing did."""

    client_id: str
    day: str
    posts: int
    new: int
    lists: int
    unchanged: int
    names: int
    short: int
    errors: Mapping[Platform, str]

    @property
    def complete(self) -> bool:
        return not self.errors


class Stop(CiceroError):
    """Nothing more can be read in this run."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def fill_day(
    reader: Runtime, client: Client, day: date, feeds: Mapping[Platform, AccountFeed]
) -> DayFilled:
    """Reads the people of the day's posts, and stores posts, people and the day's result in one
    transaction. Raises Stop."""
    posts = _Posts(client, day, _rows(feeds, day))
    with rehearsed(reader.db) as database, database.transaction() as tx:
        _, tasks = posts.store(tx, reader.now())
    due = [task for task in tasks if not _known(task)]
    reads = read_posts(reader, [Unread(platform=t.platform, content_id=t.content_id) for t in due])
    stop_at(read.error for read in reads)
    if any(read.resume_from for read in reads):
        raise Stop("no_time")
    users = [as_stored(read, task) for task, read in zip(due, reads, strict=True)]
    with reader.db.transaction() as tx:
        posts.lock(tx, tasks)
        new, _ = posts.store(tx, reader.now())
        filled = DayFilled(
            client_id=client.client_id,
            day=day.isoformat(),
            posts=len(posts.rows),
            new=new,
            lists=sum(read.read for read in reads),
            unchanged=len(tasks) - len(due),
            names=sum(len(read.usernames) for read in reads),
            short=sum(not user["complete"] for user in users),
            errors=_errors(feeds, reads),
        )
        _end(tx, filled, day, users, reader.now())
    return filled


def _rows(feeds: Mapping[Platform, AccountFeed], day: date) -> list[dict[str, Any]]:
    """The day's posts in the form that backfill.store_posts takes."""
    unsaid = {"owner", "owner_id", "coauthors", "pinned"}
    return [
        post.model_dump(mode="json", exclude=unsaid) | {"owned": account.owns(post)}
        for account in feeds.values()
        for post in account.feed.between(*day_bounds(day))
    ]


@dataclass(frozen=True)
class _Posts:
    """A client's posts of a day, as its feeds show them."""

    client: Client
    day: date
    rows: list[dict[str, Any]]

    def lock(self, tx: Transaction, tasks: Iterable[Task]) -> None:
        """Takes the locks of all that the day writes (docs/architecture.md)."""
        known = {task.content_id for task in tasks}
        contents = sorted(known | {row["content_id"] for row in self.rows})
        tx.run("content.lock", client_id=self.client.client_id, contents=contents)

    def store(self, tx: Transaction, now: datetime) -> tuple[int, list[Task]]:
        """Returns how many posts were new, and all that are then stored of the day."""
        start, end = day_bounds(self.day)
        mine = {"client_id": self.client.client_id}
        [stored] = tx.run("backfill.store_posts", **mine, now=now, posts=json.dumps(self.rows))
        if back := stored["returned"]:
            slot = slots_of(self.day)[-1].at
            tx.run("content.restore", **mine, contents=back, slot=slot, now=now)
        rows = tx.run("backfill.tasks", **mine, day_start=start, day_end=end)
        tasks = [Task.from_json(row["task"]) for row in rows]
        return stored["new"], [task for task in tasks if task.platform in self.client.handles]


def _known(task: Task) -> bool:
    """Whether its list was read completely before, and its count is the same."""
    last = task.last
    return last is not None and last.complete and last.count == task.count is not None


def _errors(
    feeds: Mapping[Platform, AccountFeed], reads: Sequence[PostRead]
) -> dict[Platform, str]:
    """Why a platform's day was not read whole. A post that is gone is none of that."""
    errors = {platform: found.feed.trouble(had_posts=False) for platform, found in feeds.items()}
    for read in reads:
        if read.error and not isinstance(read.error, NotFound):
            errors[read.platform] = errors[read.platform] or read.error.kind
    return {platform: kind for platform, kind in errors.items() if kind}


def _end(
    tx: Transaction,
    filled: DayFilled,
    day: date,
    users: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Stores what was read of the day's lists, and its result."""
    mine = {"client_id": filled.client_id, "now": now}
    if users:
        slot = slots_of(day)[-1].at
        tx.run("backfill.store_people", **mine, slot=slot, users=json.dumps(users))
    result, complete = json.dumps(asdict(filled)), filled.complete
    tx.run("backfill.end_day", **mine, wib_day=day, complete=complete, result=result)


def stop_at(errors: Iterable[CiceroError | None]) -> None:
    """Raises Stop if one of these errors means that others would only fail as well."""
    for error in errors:
        if error and error.kind in _STOPPING:
            raise Stop(error.kind)
