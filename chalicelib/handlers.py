"""Between Lambda's events and the rules: reads the event, turns bad input away, logs the end.

Imports of a stage happen in its handler, so that a cold start loads what it needs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalicelib.errors import BadInput, CiceroError

if TYPE_CHECKING:
    from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)

Answer = dict[str, Any]


def open_slot(event: Mapping[str, Any], context: Any = None) -> Answer:
    """A schedule event: the slot comes from the event's own time."""
    from chalicelib import dispatch
    from chalicelib.runtime import invoked
    from chalicelib.slots import slot_of_event

    slot = slot_of_event(str(event.get("time", "")))
    return _logged("open_slot", asdict(dispatch.open_slot(invoked(context), slot, "schedule")))


def fetch_posts(event: Mapping[str, Any], context: Any = None) -> None:
    """One ClientJob from the fetch queue."""
    from chalicelib import posts, queues
    from chalicelib.jobs import ClientJob
    from chalicelib.runtime import invoked

    job = ClientJob.parse(_body(event))
    runtime = invoked(context)
    with retried_soon(runtime, event, queues.FETCH):
        results = posts.fetch_posts(runtime, job)
    verdicts = {name: result.verdict for name, result in (results or {}).items()}
    _logged("fetch_posts", {"client": job.client_id, "slot": str(job.of_slot), **verdicts})


def refresh_engagement(event: Mapping[str, Any], context: Any = None) -> None:
    """One ClientJob from the engagement queue."""
    from chalicelib import engagement, queues
    from chalicelib.jobs import ClientJob
    from chalicelib.runtime import invoked

    job = ClientJob.parse(_body(event))
    runtime = invoked(context)
    with retried_soon(runtime, event, queues.ENGAGEMENT):
        engagement.refresh_engagement(runtime, job)
    _logged("refresh_engagement", {"client": job.client_id, "slot": str(job.of_slot)})


def dead_job(event: Mapping[str, Any], context: Any = None) -> None:
    """A job that a queue gave up on: its client's run ends as failed, so the slot can close."""
    from chalicelib import dead_letters
    from chalicelib.runtime import invoked

    dead_letters.bury(invoked(context), _body(event))


def sweep(event: Mapping[str, Any], context: Any = None) -> Answer:
    """The minute's round of mending."""
    from chalicelib import sweep as sweeping
    from chalicelib.runtime import invoked

    return _logged("sweep", asdict(sweeping.sweep(invoked(context))))


def run_client(event: object, context: Any = None) -> Answer:
    """`{"client_id": …, "slot": …}` from a person."""
    from chalicelib import dispatch
    from chalicelib.jobs import RunClientRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RunClientRequest, event)
    job = dispatch.run_client(invoked(context), request.client_id, request.slot)
    return _logged("run_client", {"client": job.client_id, "slot": str(job.of_slot)})


def run_slot(event: object, context: Any = None) -> Answer:
    """`{"slot": …}` from a person."""
    from chalicelib import dispatch
    from chalicelib.jobs import RunSlotRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RunSlotRequest, event)
    return _logged("run_slot", asdict(dispatch.run_slot(invoked(context), request.slot)))


def add_post(event: object, context: Any = None) -> Answer:
    """`{"client_id": …, "link": …}` from a person."""
    from chalicelib import manual
    from chalicelib.jobs import AddPostRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(AddPostRequest, event)
    return _logged(
        "add_post", asdict(manual.add_post(invoked(context), request.client_id, request.link))
    )


def restore_post(event: object, context: Any = None) -> Answer:
    """`{"content_id": …}` from a person."""
    from chalicelib import manual
    from chalicelib.jobs import RestorePostRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RestorePostRequest, event)
    return _logged("restore_post", manual.restore_post(invoked(context), request.content_id))


def outbox(event: object, context: Any = None) -> Answer:
    """`{"action": "list" | "show" | "redrive" | "cancel", …}` from a person. Texts and chats are
    in the answer and never in the log."""
    from chalicelib import jobs, outbox_care
    from chalicelib.runtime import invoked

    action = event.get("action") if isinstance(event, dict) else None
    match action:
        case "show":
            shown = jobs.parse_request(jobs.OutboxShow, event)
            return outbox_care.show(invoked(context), shown.outbox_id)
        case "redrive":
            again = jobs.parse_request(jobs.OutboxRedrive, event)
            done = outbox_care.redrive(invoked(context), again.outbox_id, again.late)
        case "cancel":
            over = jobs.parse_request(jobs.OutboxCancel, event)
            done = outbox_care.cancel(invoked(context), over.outbox_id, over.not_sent)
        case "list" | None:
            wanted = jobs.parse_request(jobs.OutboxList, event)
            rows = outbox_care.listing(invoked(context), wanted.status, wanted.most, wanted.old)
            return {"messages": rows}
        case _:
            raise BadInput("action", f"{action!r} is unknown", "Use list, show, redrive, cancel.")
    return _logged("outbox", {"action": action, **asdict(done)})


def migrate(context: Any = None) -> Answer:
    """Brings the database to the newest shape."""
    from chalicelib.db import migrate as migrations
    from chalicelib.runtime import invoked

    return _logged("migrate", dict(migrations.migrate(invoked(context).settings.database_url)))


@contextmanager
def retried_soon(runtime: Runtime, event: Mapping[str, Any], queue: str) -> Iterator[None]:
    """Lets a job that failed for a passing reason come back soon: JOB_RETRY_SECONDS, doubled
    with each try. Without it the queue waits its visibility timeout, and the slot is over."""
    try:
        yield
    except BadInput:
        raise
    except CiceroError:
        record = event["Records"][0]
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        seconds = runtime.settings.job_retry_seconds * 2 ** (tries - 1)
        runtime.queues.return_message(queue, record["receiptHandle"], seconds)
        raise


def _body(event: Mapping[str, Any]) -> str:
    """The body of the one record an SQS event brings (the mappings' batch size is 1)."""
    records = event.get("Records") or []
    if len(records) != 1 or "body" not in records[0]:
        raise BadInput("Records", f"expected one SQS record, got {len(records)}")
    return str(records[0]["body"])


def _logged(handler: str, answer: Answer) -> Answer:
    log.info("%s: %s", handler, answer)
    return answer
