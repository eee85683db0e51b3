"""Which posts a client's run reads in its slot, and which it leaves as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.engagement.look import Counted, counted_by, look_at_counts
from chalicelib.engagement.scope import to_refresh
from chalicelib.jobs import ClientJob, Unread
from chalicelib.notify.run import Run
from chalicelib.runtime import Runtime
from chalicelib.tasks import Task


@dataclass(frozen=True)
class Choice:
    """`tasks`: all posts in scope, with the counts that this slot has seen; `wanted`: what to read
    of them; `unchanged`: tasks of today that need not be read."""

    tasks: Sequence[Task]
    wanted: Sequence[Unread]
    unchanged: Sequence[Task] = ()


def choose(runtime: Runtime, run: Run, job: ClientJob) -> Choice:
    """What a job reads; a continuation reads what it was left."""
    if job.continuation is not None:
        known = {(task.platform, task.content_id) for task in run.tasks}
        left = [one for one in job.continuation if (one.platform, one.content_id) in known]
        return Choice(run.tasks, left)
    counted = _counted(runtime, run, job)
    mode = runtime.settings.engagement_refresh
    due = to_refresh(counted.tasks, job.of_slot, mode, counted.current)
    read = set(due)
    unchanged = [task for task in counted.tasks if task not in read and not task.late]
    return Choice(counted.tasks, [_unread(task) for task in due], unchanged)


def _counted(runtime: Runtime, run: Run, job: ClientJob) -> Counted:
    """The counts that the choice depends on: those of the slot's own fetch, or of a look."""
    looks = not job.fetch_posts and runtime.settings.engagement_refresh == "delta"
    if looks and run.tasks:
        return look_at_counts(runtime, job, run.tasks)
    return counted_by(run.tasks, run.fetched)


def _unread(task: Task) -> Unread:
    return Unread(platform=task.platform, content_id=task.content_id)
