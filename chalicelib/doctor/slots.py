"""Whether the schedules open slots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chalicelib.dispatch import JOB_KEY
from chalicelib.doctor.finding import Finding
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot

_PATIENCE = timedelta(minutes=2)
"""How long after its time a slot may not be open yet."""


def switch(runtime: Runtime) -> Iterator[Finding]:
    """The operators' own switch."""
    with runtime.db.transaction() as tx:
        row = tx.first("slots.job_is_active", job_key=JOB_KEY)
    if row is not None and row["is_active"] is False:
        problem = "cron_job_config has switched the job off: slots are skipped"
        fix = f"Set is_active to true for the job_key {JOB_KEY}."
        yield Finding("switch", "warning", problem, fix)
    else:
        yield Finding("switch", "ok", "cron_job_config lets slots run")


def schedules(runtime: Runtime) -> Iterator[Finding]:
    """Whether the day's last slot that is due was opened, and closed in time."""
    slot = Slot.latest(runtime.now() - _PATIENCE)
    with runtime.db.transaction() as tx:
        row = tx.first("slots.get", slot=slot.at) if slot else None
        ever = tx.run("slots.first")[0]["slot"]
    fix = "Switch the schedules on: `make deploy STAGE=…` ends with that; `make dev` has them here."
    if ever is None:
        yield Finding("schedules", "error", "no slot was ever opened", fix)
    elif slot is None:
        yield Finding("schedules", "ok", "no slot of today is due yet")
    elif row is None or row["status"] == "missed":
        yield Finding("schedules", "error", f"slot {slot} was not opened", fix)
    elif row["status"] == "open" and slot.too_late(runtime.now()):
        fix = f"See what it waits for: `cicero slots`. `cicero replay --at {slot}` runs it again."
        yield Finding("schedules", "warning", f"slot {slot} is not closed yet", fix)
    else:
        yield Finding("schedules", "ok", f"slot {slot} is {row['status']}")
