"""Which posts a client's run reads in its slot, and which it leaves as they are stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.engagement.look import Counted, counted_by, look_at_counts
from chalicelib.engagement.scope import to_refresh
from chalicelib.engagement.sharing import left_to_others
from chalicelib.jobs import ClientJob, Unread
from chalicelib.notify.run import Run
from chalicelib.runtime import Runtime
from chalicelib.tasks import Task


@dataclass(frozen=True)
class Choice:
    """`tasks`: all posts in scope, with the counts that this slot has seen; `wanted`: what to read
    of them; `unchanged`: tasks of today that need not be read; `left`: posts that other clients
    read for this one, some of them `unchanged`."""

    tasks: Sequence[Task]
    wanted: Sequence[Unread]
    unchanged: Sequence[Task] = ()
    left: Sequence[Task] = ()

    def with_own(self, tasks: Collection[Task]) -> Choice:
        """The same, but that these are read and not left to others."""
        unchanged = [task for task in self.unchanged if task not in tasks]
        return replace(
            self, unchanged=unchanged, left=[task for task in self.left if task not in tasks]
        )


def choose(runtime: Runtime, run: Run, job: ClientJob) -> Choice:
    """What a job reads; a continuation reads what it was left."""
    if job.continuation is not None:
        known = {(task.platform, task.content_id) for task in run.tasks}
        again = [one for one in job.continuation if (one.platform, one.content_id) in known]
        return Choice(run.tasks, again)
    counted = _counted(runtime, run, job)
    mode = runtime.settings.engagement_refresh
    due = to_refresh(counted.tasks, job.of_slot, mode, counted.current)
    left = left_to_others(runtime, job, due)
    read = [task for task in due if task not in left]
    unchanged = [task for task in counted.tasks if task not in read and not task.late]
    return Choice(counted.tasks, unread(read), unchanged, left)


def _counted(runtime: Runtime, run: Run, job: ClientJob) -> Counted:
    """The counts that the choice depends on: those of the slot's own fetch, or of a look."""
    looks = not job.fetch_posts and runtime.settings.engagement_refresh == "delta"
    if looks and run.tasks:
        return look_at_counts(runtime, job, run.tasks)
    return counted_by(run.tasks, run.fetched)


def unread(tasks: Iterable[Task]) -> list[Unread]:
    """The tasks' lists, from their first page."""
    return [Unread(platform=task.platform, content_id=task.content_id) for task in tasks]
