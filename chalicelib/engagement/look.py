"""A look at a client's feeds where its gate is closed: for the counts alone.

Nothing is stored, and nothing is concluded about posts that are new or missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.jobs import ClientJob
from chalicelib.platforms import Platform
from chalicelib.posts.feeds import AccountFeed, read_feeds
from chalicelib.posts.run import FetchRun
from chalicelib.results import Fetched
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds
from chalicelib.social.content import Post
from chalicelib.tasks import Task


@dataclass(frozen=True)
class Counted:
    """A client's tasks with the counts that this slot has seen, and the platforms whose feed was
    read to its end."""

    tasks: Sequence[Task]
    current: frozenset[Platform]


def counted_by(tasks: Sequence[Task], fetched: Fetched) -> Counted:
    """The tasks with what this slot's own fetch has stored."""
    complete = (name for name, result in fetched.items() if result["verdict"] == "complete")
    return Counted(tasks, frozenset(complete))


def look_at_counts(
    runtime: Runtime, job: ClientJob, tasks: Sequence[Task], platforms: set[Platform]
) -> Counted:
    """Reads the feeds of these platforms back to the start of the day. A feed that cannot be read
    leaves its platform's counts unknown."""
    day_start, day_end = day_bounds(job.of_slot.day)
    with runtime.db.transaction(keyed=True) as tx:
        [row] = tx.run("posts.begin", slot=job.slot, client_id=job.client_id, day_start=day_start)
    run = _of_platforms(FetchRun.from_row(row), platforms)
    feeds = read_feeds(runtime, run, dict.fromkeys(run.client.platforms, day_start))
    current = {p for p, found in feeds.items() if _verdict(run, p, found) == "complete"}
    shown = {
        (platform, post.content_id): post
        for platform, found in feeds.items()
        for post in found.feed.between(day_start, day_end)
    }
    seen = [_counted(task, shown.get((task.platform, task.content_id))) for task in tasks]
    return Counted(seen, frozenset(current))


def _counted(task: Task, post: Post | None) -> Task:
    if post is None:
        return task
    return replace(task, shown=True, like_count=post.like_count, comment_count=post.comment_count)


def _of_platforms(run: FetchRun, wanted: set[Platform]) -> FetchRun:
    handles = {name: handle for name, handle in run.client.handles.items() if name in wanted}
    return replace(run, client=replace(run.client, handles=handles))


def _verdict(run: FetchRun, platform: Platform, found: AccountFeed) -> str:
    return found.feed.verdict(run.history[platform].had)
