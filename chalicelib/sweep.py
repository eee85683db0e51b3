"""Every minute: repairs what a crash, an outage or a schedule that did not fire left behind.

Each step is independent: a failing step does not keep the others from being tried.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from chalicelib import dispatch
from chalicelib.errors import CiceroError
from chalicelib.outbox.messages import OutboxRow
from chalicelib.outbox.publish import publish_messages
from chalicelib.platforms import PLATFORMS
from chalicelib.recap import corrections, scheduled
from chalicelib.reports import missed
from chalicelib.reports.close import close_slot, tell_of_closed
from chalicelib.reports.metrics import log_metrics, sweep_metrics
from chalicelib.runtime import Runtime
from chalicelib.slots import CATCH_UP_LIMIT, Slot, day_bounds, slots_of

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=1)
"""How long a job or message may stay unsent before it counts as left behind."""

LOST_AFTER = timedelta(minutes=10)
"""When a published message that was not sent is published again; SQS drops repeats for 5 minutes.
The interval doubles each time."""

_BATCH = 500
_SLOTS = 34


@dataclass(frozen=True)
class Swept:
    """What one sweep did; all zero on a quiet minute."""

    caught_up: int
    missed: int
    dispatched: int
    closed: int
    expired: int
    published: int
    pruned: int
    told: int = 0
    recaps: int = 0
    corrections: int = 0


class SweepFailed(CiceroError):
    """Steps of a sweep failed, after all were tried; the causes are in its `__cause__`."""


@dataclass
class _Round:
    """One sweep: what it works with, and what has failed so far."""

    runtime: Runtime
    now: datetime
    failed: list[tuple[str, Exception]] = field(default_factory=list)

    def tried(self, name: str, step: Callable[[], int]) -> int:
        """What the step did; 0 if it failed."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001  raised at the end of the round
            log.error("sweep: %s failed: %s", name, _why(error))
            self.failed.append((name, error))
            return 0

    def each(self, name: str, slots: Iterable[Slot], step: Callable[[Slot], int]) -> int:
        """What the step did for all slots together, each of them tried."""
        return sum(self.tried(f"{name} {slot}", partial(step, slot)) for slot in slots)

    def end(self) -> None:
        """Raises SweepFailed if something failed; it names every failed step."""
        if self.failed:
            told = "; ".join(f"{name}: {_why(error)}" for name, error in self.failed)
            causes = ExceptionGroup("sweep", [error for _, error in self.failed])
            raise SweepFailed(f"sweep failed in part: {told}") from causes


def _why(error: Exception) -> str:
    """The error in words, without anything from outside."""
    return str(error) if isinstance(error, CiceroError) else type(error).__name__


def sweep(runtime: Runtime) -> Swept:
    """Runs one round. Safe to run concurrently with itself and with everything else. Raises
    SweepFailed, after all steps were tried, if any of them failed; the next round tries them
    again."""
    this = _Round(runtime, runtime.now())
    this.tried("figures of slots", lambda: _sum_up(this))
    swept = Swept(
        missed=this.tried("missed slots", lambda: _record_missed(this)),
        caught_up=this.tried("catching up", lambda: _catch_up(this)),
        dispatched=this.tried("dispatch", lambda: _dispatch_left(this)),
        closed=this.tried("closing", lambda: _close_overdue(this)),
        told=this.tried("reports", lambda: _tell_owed(this)),
        recaps=this.tried("recaps", lambda: _write_recaps(this)),
        corrections=this.tried("corrections", lambda: _write_corrections(this)),
        expired=this.tried("expiry", lambda: _expire(this)),
        published=this.tried("publishing", lambda: _publish_left(this)),
        pruned=_prune(this),
    )
    this.tried("figures", lambda: _log_figures(this))
    this.end()
    return swept


def _unopened(this: _Round) -> tuple[Sequence[Slot], Sequence[Slot]]:
    """Today's slots that did not fire: those recent enough to be opened, and the older ones. Before
    its very first slot the service missed nothing."""
    now = this.now
    start, end = day_bounds(now.date())
    with this.runtime.db.transaction() as tx:
        known = {row["slot"] for row in tx.run("slots.known_slots", day_start=start, day_end=end)}
        first = tx.run("slots.first")[0]["slot"] or now
    due = [s for s in slots_of(now.date()) if s.at + GRACE <= now and s.at not in known]
    young = [s for s in due if not s.too_late(now)]
    return young, [s for s in due if s.too_late(now) and s.at > first]


def _catch_up(this: _Round) -> int:
    young, _ = _unopened(this)

    def catch_up(slot: Slot) -> int:
        log.warning("slot %s did not fire; catching up", slot)
        dispatch.open_slot(this.runtime, slot, "catch_up")
        return 1

    return this.each("catching up", young, catch_up)


def _record_missed(this: _Round) -> int:
    _, late = _unopened(this)
    return len(missed.record_missed(this.runtime, late, "the schedule did not fire"))


def _dispatch_left(this: _Round) -> int:
    with this.runtime.db.transaction() as tx:
        slots = tx.run("slots.with_undispatched", slot_from=this.now - CATCH_UP_LIMIT)
    left = [Slot.exactly(row["slot"]) for row in slots if row["slot"] + GRACE <= this.now]
    return this.each("dispatch", left, lambda slot: dispatch.send_jobs(this.runtime, slot))


def _close_overdue(this: _Round) -> int:
    """Closes slots whose clients have finished, and those that have been open too long."""
    with this.runtime.db.transaction() as tx:
        limit = this.now - CATCH_UP_LIMIT
        overdue = {Slot.exactly(r["slot"]) for r in tx.run("slots.overdue", opened_before=limit)}
        rows = tx.run("slots.overdue", opened_before=this.now)
    return this.each(
        "closing",
        [Slot.exactly(row["slot"]) for row in rows],
        lambda slot: close_slot(this.runtime, slot, overdue=slot in overdue),
    )


def _tell_owed(this: _Round) -> int:
    """Writes the reports of closed slots that could not be written when they were closed."""
    with this.runtime.db.transaction() as tx:
        rows = tx.run("slots.reports_due", closed_before=this.now - GRACE)
    slots = [Slot.exactly(row["slot"]) for row in rows]
    return this.each("report", slots, lambda slot: tell_of_closed(this.runtime, slot))


def _write_recaps(this: _Round) -> int:
    runtime = this.runtime
    return sum(
        this.tried(f"recap of {plan.client.client_id}", partial(scheduled.write, runtime, plan))
        for plan in scheduled.planned(runtime)
        if runtime.deadline.has_time()
    )


def _write_corrections(this: _Round) -> int:
    runtime = this.runtime
    return sum(
        this.tried(f"correction of {client}", partial(corrections.correct, runtime, client, told))
        for client, told in corrections.uncorrected(runtime)
        if runtime.deadline.has_time()
    )


def _sum_up(this: _Round) -> int:
    """Keeps the figures of slots that are over, before their runs are pruned."""
    with this.runtime.db.transaction() as tx:
        over = this.now - GRACE
        rows = tx.run("overview_slots.summarise", closed_before=over, now=this.now, batch=_SLOTS)
    return len(rows)


def _log_figures(this: _Round) -> int:
    """Logs how late the service is, never before its very first slot; the line itself shows that
    sweep reaches PostgreSQL."""
    with this.runtime.db.transaction() as tx:
        row = tx.first("slots.last_ended", day_start=day_bounds(this.now.date())[0])
        began = tx.run("slots.first")[0]["slot"]
    ended = row["slot"] if row else None if began else this.now
    log_metrics("swept", sweep_metrics(this.runtime.settings.cicero_stage, this.now, ended))
    return 0


def _expire(this: _Round) -> int:
    with this.runtime.db.transaction() as tx:
        return len(tx.run("outbox.expire", now=this.now))


def _publish_left(this: _Round) -> int:
    with this.runtime.db.transaction() as tx:
        rows = tx.run(
            "outbox.left_behind",
            unpublished_before=this.now - GRACE,
            published_before=this.now - LOST_AFTER,
            now=this.now,
        )
    taken = publish_messages(this.runtime, cast("list[OutboxRow]", rows))
    if taken:
        with this.runtime.db.transaction() as tx:
            tx.run("outbox.mark_published", ids=taken, now=this.now)
    return len(taken)


def _prune(this: _Round) -> int:
    """Deletes a small batch of each table's rows that are past their retention."""
    settings = this.runtime.settings
    audits = this.now - timedelta(days=settings.audit_retention_days)
    runs = this.now - timedelta(days=settings.run_retention_days)

    def prune(query: str, before: datetime) -> int:
        with this.runtime.db.transaction() as tx:
            return len(tx.run(query, before=before, batch=_BATCH))

    return sum(
        this.tried(query, partial(prune, query, before))
        for query, before in (
            *((f"{platform}.prune_audits", audits) for platform in PLATFORMS),
            ("reports.prune_coverage", audits),
            ("runs.prune", runs),
            ("runs.prune_slots", runs),
            ("recap_schedule.prune", runs),
            ("outbox.prune", this.now - timedelta(days=settings.outbox_retention_days)),
            ("backfill.prune", runs),
            ("backfill.prune_calls", this.now - timedelta(days=1)),
            ("content.forget", day_bounds(this.now.date())[0] - timedelta(days=1)),
        )
    )
