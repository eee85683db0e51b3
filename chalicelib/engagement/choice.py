"""Which posts a client's run reads in its slot, and which it leaves as they are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.engagement.look import counted_by, look_at_counts
from chalicelib.engagement.outcomes import LeftOut
from chalicelib.engagement.scope import to_refresh
from chalicelib.engagement.sharing import left_to_others
from chalicelib.engagement.value import Allowed, affordable, draw_of, worth_a_look
from chalicelib.jobs import ClientJob, Unread
from chalicelib.notify.run import Run
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.slot_plan import kept_by, plans_of
from chalicelib.tasks import Task


@dataclass(frozen=True)
class Choice:
    """`tasks`: all posts in scope, with the counts that this slot has seen; `wanted`: what to read
    of them; `unchanged`: tasks of today that need not be read; `left`: posts that other clients
    read for this one, some of them `unchanged`; `deferred`: tasks of today that there are not calls
    enough for."""

    tasks: Sequence[Task]
    wanted: Sequence[Unread]
    unchanged: Sequence[Task] = ()
    left: Sequence[Task] = ()
    deferred: Sequence[Task] = ()

    @property
    def as_stored(self) -> list[Task]:
        """Tasks of today of which this slot's snapshot shows what is stored."""
        return [*self.unchanged, *self.deferred]

    @property
    def read_tasks(self) -> list[Task]:
        """The tasks whose lists are read."""
        wanted = {(one.platform, one.content_id) for one in self.wanted}
        return [task for task in self.tasks if (task.platform, task.content_id) in wanted]

    @property
    def left_out(self) -> LeftOut:
        """How many tasks were not read, by platform."""
        return LeftOut(*(Counter(t.platform for t in of) for of in (self.unchanged, self.deferred)))

    def with_own(self, tasks: Collection[Task]) -> Choice:
        """The same, but that these are read and not left to others."""
        unchanged = [task for task in self.unchanged if task not in tasks]
        return replace(
            self, unchanged=unchanged, left=[task for task in self.left if task not in tasks]
        )


def choose(runtime: Runtime, run: Run, job: ClientJob) -> Choice:
    """What a job reads; a continuation reads what it was left."""
    plans = plans_of(run.plan, manual=job.trigger == "manual")
    runtime.kept = kept_by(plans)
    if job.continuation is not None:
        known = {(task.platform, task.content_id) for task in run.tasks}
        again = [one for one in job.continuation if (one.platform, one.content_id) in known]
        return Choice(run.tasks, again)
    allowed = {p: made.allowance for p, made in plans.items() if made.allowance is not None}
    counted = counted_by(run.tasks, run.fetched)
    if looked := _looks(runtime, run, job, allowed):
        counted = look_at_counts(runtime, job, run.tasks, looked)
        allowed = {p: max(0.0, calls - (p in looked)) for p, calls in allowed.items()}
    mode = runtime.settings.engagement_refresh
    due = to_refresh(counted.tasks, job.of_slot, mode, counted.current)
    worth = _worth_it(due, allowed, draw_of(job.client_id, job.of_slot))
    left = left_to_others(runtime, job, worth)
    deferred = [task for task in due if task not in worth]
    read = [task for task in worth if task not in left]
    others = [task for task in counted.tasks if task not in read and not task.late]
    unchanged = [task for task in others if task not in deferred]
    return Choice(counted.tasks, unread(read), unchanged, left, deferred)


def _worth_it(due: Sequence[Task], allowed: Allowed, draw: float) -> list[Task]:
    """The tasks that are worth the calls that their platform's plan allows."""
    worth: list[Task] = []
    for platform in dict.fromkeys(task.platform for task in due):
        mine = [task for task in due if task.platform == platform]
        allowance = allowed.get(platform)
        worth += mine if allowance is None else affordable(mine, allowance, draw)
    return worth


def _looks(runtime: Runtime, run: Run, job: ClientJob, allowed: Allowed) -> set[Platform]:
    """The platforms whose feeds are read for their counts alone."""
    if job.fetch_posts or runtime.settings.engagement_refresh != "delta":
        return set()
    return worth_a_look(run.tasks, allowed, draw_of(job.client_id, job.of_slot))


def unread(tasks: Iterable[Task]) -> list[Unread]:
    """The tasks' lists, from their first page."""
    return [Unread(platform=task.platform, content_id=task.content_id) for task in tasks]
