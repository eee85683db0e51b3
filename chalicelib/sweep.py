"""Every minute: mends what a crash, an outage or a schedule that did not fire left behind."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import dispatch, outbox, reports, texts
from chalicelib.runtime import Runtime
from chalicelib.slots import CATCH_UP_LIMIT, Slot, day_bounds, slots_of

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=1)
"""How long a job or message may stay unsent before it counts as left behind."""

LOST_AFTER = timedelta(minutes=10)
"""When a published message that was not sent is published again; SQS drops repeats for 5. The
next time is twice as late, and so on."""

_BATCH = 500


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


def sweep(runtime: Runtime) -> Swept:
    """One round. Safe to run beside itself and beside everything else."""
    now = runtime.now()
    caught_up, missed = _unopened(runtime, now)
    return Swept(
        caught_up=caught_up,
        missed=missed,
        dispatched=_dispatch_left(runtime, now),
        closed=_close_overdue(runtime, now),
        expired=_expire(runtime, now),
        published=_publish_left(runtime, now),
        pruned=_prune(runtime, now),
    )


def _unopened(runtime: Runtime, now: datetime) -> tuple[int, int]:
    """Opens today's slot that did not fire and is young enough; records older ones as missed.

    Before its first slot ever the service missed nothing.
    """
    start, end = day_bounds(now.date())
    with runtime.db.transaction() as tx:
        known = {row["slot"] for row in tx.run("slots.known_slots", day_start=start, day_end=end)}
        first = tx.run("slots.first")[0]["slot"] or now
    due = [s for s in slots_of(now.date()) if s.at + GRACE <= now and s.at not in known]
    late = [s for s in due if now - s.at >= CATCH_UP_LIMIT and s.at > first]
    young = [s for s in due if now - s.at < CATCH_UP_LIMIT]
    for slot in young:
        log.warning("slot %s did not fire; catching up", slot)
        dispatch.open_slot(runtime, slot, "catch_up")
    return len(young), _report_missed(runtime, late, now)


def _report_missed(runtime: Runtime, slots: list[Slot], now: datetime) -> int:
    if not slots:
        return 0
    with runtime.db.transaction() as tx:
        missed = [
            slot
            for slot in slots
            if tx.first(
                "slots.open",
                slot=slot.at,
                status="missed",
                trigger="schedule",
                reason="the schedule did not fire",
                now=now,
            )
        ]
        text, key = texts.missed_slots([s.at for s in missed]), f"missed:{now:%Y-%m-%dT%H:%M}"
        rows = reports.tell_operators(runtime, tx, now, "admin_alert", key, text) if missed else []
    outbox.publish(runtime, rows)
    return len(missed)


def _dispatch_left(runtime: Runtime, now: datetime) -> int:
    with runtime.db.transaction() as tx:
        slots = tx.run("slots.with_undispatched", slot_from=now - CATCH_UP_LIMIT)
    left = [Slot.exactly(row["slot"]) for row in slots if row["slot"] + GRACE <= now]
    return sum(dispatch.send_jobs(runtime, slot) for slot in left)


def _close_overdue(runtime: Runtime, now: datetime) -> int:
    """Closes slots whose clients have finished, and those that had their time."""
    with runtime.db.transaction() as tx:
        overdue = {r["slot"] for r in tx.run("slots.overdue", opened_before=now - CATCH_UP_LIMIT)}
        open_slots = tx.run("slots.overdue", opened_before=now)
    return sum(
        reports.close_slot(runtime, Slot.exactly(row["slot"]), overdue=row["slot"] in overdue)
        for row in open_slots
    )


def _expire(runtime: Runtime, now: datetime) -> int:
    with runtime.db.transaction() as tx:
        return len(tx.run("outbox.expire", now=now))


def _publish_left(runtime: Runtime, now: datetime) -> int:
    with runtime.db.transaction() as tx:
        rows = tx.run(
            "outbox.left_behind",
            unpublished_before=now - GRACE,
            published_before=now - LOST_AFTER,
            now=now,
        )
    taken = outbox.publish(runtime, rows)
    if taken:
        with runtime.db.transaction() as tx:
            tx.run("outbox.mark_published", ids=taken, now=now)
    return len(taken)


def _prune(runtime: Runtime, now: datetime) -> int:
    """A small batch of what is older than the retention settings allow."""
    settings = runtime.settings
    audits = now - timedelta(days=settings.audit_retention_days)
    runs = now - timedelta(days=settings.run_retention_days)
    pruned = 0
    for query, before in (
        ("instagram.prune_audits", audits),
        ("tiktok.prune_audits", audits),
        ("reports.prune_coverage", audits),
        ("runs.prune", runs),
        ("runs.prune_slots", runs),
        ("content.forget", day_bounds(now.date())[0] - timedelta(days=1)),
    ):
        with runtime.db.transaction() as tx:
            pruned += len(tx.run(query, before=before, batch=_BATCH))
    return pruned
