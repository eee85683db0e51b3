"""A post that several clients share is read once a slot, by the first of them that asks.

Its names are stored for all; each of its clients gets the result of the read as its own. Where the
reader fails, the next of them reads; one that has ended by then does so in its next slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.engagement.readers import PostRead
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime
from chalicelib.tasks import Task


def left_to_others(runtime: Runtime, job: ClientJob, due: Iterable[Task]) -> list[Task]:
    """Those of the tasks that another client has read in this slot, or is reading now. A run that
    a person started reads everything itself."""
    shared = [task for task in due if task.shared and job.trigger != "manual"]
    unread = [task for task in shared if not task.read_now]
    mine = _take(runtime, job, unread)
    return [task for task in shared if task not in mine]


def freed(runtime: Runtime, job: ClientJob, left: Iterable[Task]) -> list[Task]:
    """Those of the tasks that were left to others who have failed; from now on they are this
    job's."""
    return _take(runtime, job, [task for task in left if not task.read_now])


def give_back(runtime: Runtime, job: ClientJob, posts: Iterable[PostRead]) -> None:
    """Lets others read the posts whose reading failed."""
    failed = [_name(job, post) for post in posts if post.error]
    runtime.guard.claims.give_back(job.client_id, failed)


def _take(runtime: Runtime, job: ClientJob, tasks: Sequence[Task]) -> list[Task]:
    names = [_name(job, task) for task in tasks]
    mine = runtime.guard.claims.take(job.client_id, names)
    return [task for task, name in zip(tasks, names, strict=True) if name in mine]


def _name(job: ClientJob, of: Task | PostRead) -> str:
    return f"{job.of_slot}:{of.platform}:{of.content_id}"
