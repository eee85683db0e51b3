"""A client's run of a slot, what both stages do with it."""

from __future__ import annotations

import logging

from chalicelib.db import Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)


def dropped_if_expired(runtime: Runtime, tx: Transaction, job: ClientJob, run: Row) -> bool:
    """Ends the run of a job that came too late, as expired; answers whether it did."""
    now = runtime.now()
    if run["finished_at"] is not None or now < job.expires_at:
        return False
    tx.run(
        "runs.give_up",
        slot=job.slot,
        client_id=job.client_id,
        expires_at=job.expires_at,
        outcome="expired",
        error_kind="expired",
        now=now,
    )
    log.warning("expired: client %s, slot %s", job.client_id, job.of_slot)
    return True
