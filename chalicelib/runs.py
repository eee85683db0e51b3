"""A client's run of a slot: what both stages do with it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Literal

from chalicelib.db import Transaction
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)

GivenUp = Literal["expired", "dead_letter"]


class Cost:
    """What a part of a run costs, measured from construction."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._before = runtime.counters()
        self._started = time.monotonic()

    def columns(self, earlier: Mapping[str, int]) -> dict[str, Any]:
        """The columns of client_run that record the cost, for the last statement of a part's
        transaction: that statement and COMMIT are counted in. `earlier`: the run's api_calls so
        far."""
        spent = self._runtime.counters() - self._before
        return {
            "api_calls": json.dumps(spent.api_calls_on_top_of(earlier)),
            "api_requests": spent.api_requests,
            "sql_round_trips": spent.sql_round_trips + 2,
            "seconds": time.monotonic() - self._started,
        }


def give_up(runtime: Runtime, tx: Transaction, job: ClientJob, outcome: GivenUp) -> bool:
    """Ends the job's run, unless it has ended or been restarted since; returns whether it did. The
    outcome is also its error kind."""
    ended = tx.first(
        "runs.give_up",
        slot=job.slot,
        client_id=job.client_id,
        expires_at=job.expires_at,
        outcome=outcome,
        error_kind=outcome,
        now=runtime.now(),
    )
    return ended is not None


def dropped_if_expired(runtime: Runtime, tx: Transaction, job: ClientJob, ended: bool) -> bool:
    """Ends the run of a job that came too late, as expired; returns whether it was too late. A run
    that has `ended` is left unchanged."""
    if ended or runtime.now() < job.expires_at:
        return False
    give_up(runtime, tx, job, "expired")
    log.warning("expired: client %s, slot %s", job.client_id, job.of_slot)
    return True
