"""Jobs that a queue gave up on."""

from __future__ import annotations

import logging

from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.reports.close import close_slot
from chalicelib.runs import give_up
from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)


def record_dead_job(runtime: Runtime, body: str) -> bool:
    """Ends a dead job's client run as failed, and closes the slot if it was the last run.

    A body that is not a job belongs to no client: it is logged and dropped. Returns whether a run
    was ended.
    """
    try:
        job = ClientJob.parse(body)
    except BadInput as error:
        log.error("a dead letter is no job and was dropped: %s", error)
        return False
    with runtime.db.transaction() as tx:
        ended = give_up(runtime, tx, job, "dead_letter")
    if ended:
        log.error("client %s, slot %s: given up", job.client_id, job.of_slot)
    close_slot(runtime, job.of_slot)
    return ended
