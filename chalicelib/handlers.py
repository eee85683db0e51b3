"""Between Lambda's events and the rules: reads the event, rejects bad input, logs the result.

Each handler imports its own stage, so that a cold start loads only what it needs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.errors import BadInput, CiceroError

if TYPE_CHECKING:
    from chalicelib.jobs import ClientJob
    from chalicelib.runtime import Runtime

log = logging.getLogger(__name__)

HandlerResult = dict[str, Any]


def open_slot(event: Mapping[str, Any], context: Any = None) -> HandlerResult:
    """A schedule event: the slot comes from the event's own time."""
    from chalicelib import dispatch
    from chalicelib.runtime import invoked
    from chalicelib.slots import slot_of_event

    slot = slot_of_event(str(event.get("time", "")))
    with logs.about(slot=str(slot)):
        return _logged("open_slot", asdict(dispatch.open_slot(invoked(context), slot, "schedule")))


def fetch_posts(event: Mapping[str, Any], context: Any = None) -> None:
    """One ClientJob from the fetch queue."""
    from chalicelib import queues
    from chalicelib.jobs import ClientJob
    from chalicelib.posts import fetch
    from chalicelib.runtime import invoked

    job = ClientJob.parse(_body(event))
    runtime = invoked(context)
    with _about(job), retried_soon(runtime, event, queues.FETCH):
        results = fetch.fetch_posts(runtime, job)
        verdicts = {str(name): result.verdict for name, result in (results or {}).items()}
        _logged("fetch_posts", {"client": job.client_id, "slot": str(job.of_slot), **verdicts})


def refresh_engagement(event: Mapping[str, Any], context: Any = None) -> None:
    """One ClientJob from the engagement queue."""
    from chalicelib import queues
    from chalicelib.engagement import refresh
    from chalicelib.jobs import ClientJob
    from chalicelib.runtime import invoked

    job = ClientJob.parse(_body(event))
    runtime = invoked(context)
    with _about(job), retried_soon(runtime, event, queues.ENGAGEMENT):
        refresh.refresh_engagement(runtime, job)
        _logged("refresh_engagement", {"client": job.client_id, "slot": str(job.of_slot)})


def dead_job(event: Mapping[str, Any], context: Any = None) -> None:
    """A job that a queue gave up on: ends its client's run as failed, so that the slot can
    close."""
    from chalicelib import dead_letters
    from chalicelib.runtime import invoked

    dead_letters.record_dead_job(invoked(context), _body(event))


def sweep(event: Mapping[str, Any], context: Any = None) -> HandlerResult:
    """One minute's round of repairs."""
    from chalicelib import sweep as sweeping
    from chalicelib.runtime import invoked

    return _logged("sweep", asdict(sweeping.sweep(invoked(context))))


def run_client(event: object, context: Any = None) -> HandlerResult:
    """`{"client_id": …, "slot": …}` from a person. The texts of a dry run are in the response and
    never in the log."""
    from chalicelib.manual import runs
    from chalicelib.requests import RunClientRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RunClientRequest, event)
    if request.dry_run:
        from chalicelib.manual.rehearsal import rehearse

        return asdict(rehearse(invoked(context), request.client_id, request.slot))
    job = runs.run_client(invoked(context), request.client_id, request.slot)
    return _logged("run_client", {"client": job.client_id, "slot": str(job.of_slot)})


def run_slot(event: object, context: Any = None) -> HandlerResult:
    """`{"slot": …}` from a person."""
    from chalicelib.manual import runs
    from chalicelib.requests import RunSlotRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RunSlotRequest, event)
    if request.again:
        return _logged("run_slot", asdict(runs.replay_slot(invoked(context), request.slot)))
    return _logged("run_slot", asdict(runs.run_slot(invoked(context), request.slot)))


def add_post(event: object, context: Any = None) -> HandlerResult:
    """`{"client_id": …, "link": …}` from a person."""
    from chalicelib.manual import posts
    from chalicelib.requests import AddPostRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(AddPostRequest, event)
    return _logged(
        "add_post", asdict(posts.add_post(invoked(context), request.client_id, request.link))
    )


def restore_post(event: object, context: Any = None) -> HandlerResult:
    """`{"content_id": …}` from a person."""
    from chalicelib.manual import posts
    from chalicelib.requests import RestorePostRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(RestorePostRequest, event)
    restored = posts.restore_post(invoked(context), request.content_id)
    return _logged("restore_post", asdict(restored))


def outbox(event: object, context: Any = None) -> HandlerResult:
    """`{"action": "list" | "show" | "redrive" | "cancel", …}` from a person. Texts and chats are in
    the response and never in the log."""
    from chalicelib import requests
    from chalicelib.outbox import redrive
    from chalicelib.runtime import invoked

    request = requests.parse_outbox_request(event)
    match request:
        case requests.OutboxShow():
            return redrive.show_message(invoked(context), request.outbox_id)
        case requests.OutboxRedrive():
            done = redrive.redrive(invoked(context), request.outbox_id, request.late)
        case requests.OutboxCancel():
            done = redrive.cancel(invoked(context), request.outbox_id, request.not_sent)
        case requests.OutboxList():
            wanted = request.status, request.most, request.old
            return {"messages": redrive.list_messages(invoked(context), *wanted)}
    return _logged("outbox", {"action": request.action, **asdict(done)})


def shadow(event: object, context: Any = None) -> HandlerResult:
    """`{"client_id": …}` from a person: how that client's day differs from what is stored. Without
    a client, the ids of all that take part. Names are in the response and never in the log."""
    from chalicelib.manual import runs
    from chalicelib.manual import shadow as shadows
    from chalicelib.requests import ShadowRequest, parse_request
    from chalicelib.runtime import invoked

    request, current = parse_request(ShadowRequest, event), invoked(context)
    if request.client_id is None:
        return {"clients": [one.client_id for one in shadows.comparable(current)]}
    with current.db.transaction() as tx:
        client = runs.find_client(tx, request.client_id)
    found = asdict(shadows.compare_day(current, client))
    counts = {key: len(found[key]) for key in ("differences", "open")}
    _logged("shadow", {"client": client.client_id, **counts})
    return found


def look(event: object, context: Any = None) -> HandlerResult:
    """`{"show": …}` from a person: reads only. Nothing of it is logged."""
    from chalicelib import look as looking
    from chalicelib.requests import LookRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(LookRequest, event)
    return looking.look(invoked(context), request)


def backfill(event: object, context: Any = None) -> HandlerResult:
    """`{"first_day": …, "last_day": …}` from a person: as much as there is time for."""
    from chalicelib.backfill import command
    from chalicelib.requests import BackfillRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(BackfillRequest, event)
    return command.backfill(invoked(context), request)


def import_clients(event: object, context: Any = None) -> HandlerResult:
    """`{"rows": […]}` from a person."""
    from chalicelib.manual import client_import
    from chalicelib.requests import ImportClientsRequest, parse_request
    from chalicelib.runtime import invoked

    request = parse_request(ImportClientsRequest, event)
    done = client_import.import_clients(invoked(context), request.rows, request.dry_run)
    log.info("import_clients: %d new, %d changed", len(done.new), len(done.changed))
    return asdict(done)


def migrate(context: Any = None) -> HandlerResult:
    """Migrates the database to the newest version."""
    from chalicelib.db import migrate as migrations
    from chalicelib.runtime import invoked

    current = invoked(context)
    answer = migrations.migrate(current.settings.database_url, deadline=current.deadline)
    return _logged("migrate", dict(answer))


@contextmanager
def retried_soon(runtime: Runtime, event: Mapping[str, Any], queue: str) -> Iterator[None]:
    """Makes a job that failed for a temporary reason come back soon: after JOB_RETRY_SECONDS,
    doubled with each try. Otherwise the queue would wait for its visibility timeout, and the slot
    would be over."""
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


def _about(job: ClientJob) -> AbstractContextManager[None]:
    """Puts the job's slot, client and run into every line that it logs."""
    return logs.about(slot=str(job.of_slot), client=job.client_id, run=job.trigger)


def _body(event: Mapping[str, Any]) -> str:
    """The body of the single record in an SQS event (the mappings' batch size is 1)."""
    records = event.get("Records") or []
    if len(records) != 1 or "body" not in records[0]:
        raise BadInput("Records", f"expected one SQS record, got {len(records)}")
    return str(records[0]["body"])


def _logged(handler: str, answer: HandlerResult) -> HandlerResult:
    log.info("%s: %s", handler, answer)
    return answer
