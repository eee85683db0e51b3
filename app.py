"""Entry points of Cicero Fetch on Lambda: one short function per handler, no logic.

    open_slot_half_hour, open_slot_final   schedules → one job per client
    fetch_posts                            fetch queue: a client's posts → the change ledger
    refresh_engagement                     engagement queue: likers, commenters → messages
    dead_job, dead_engagement_job          what either queue gave up on
    sweep                                  every minute: repairs what a crash left behind
    run_client, run_slot, add_post,        for people: `cicero … --stage STAGE`
    restore_post, outbox, shadow, look,
    backfill, import_clients, migrate

Each handler passes its event to `chalicelib.handlers`, which rejects bad input.
"""

from __future__ import annotations

import os
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, SQSEvent

from chalicelib import handlers
from chalicelib.slots import FINAL, HALF_HOUR, eventbridge_expression

QUEUES = f"cicero-{os.environ.get('CICERO_STAGE', 'local')}"

app = Chalice(app_name="cicero-fetch")


@app.schedule(eventbridge_expression(HALF_HOUR))
def open_slot_half_hour(event: CloudWatchEvent) -> dict[str, Any]:
    return handlers.open_slot(event.to_dict(), event.context)


@app.schedule(eventbridge_expression(FINAL))
def open_slot_final(event: CloudWatchEvent) -> dict[str, Any]:
    return handlers.open_slot(event.to_dict(), event.context)


@app.on_sqs_message(queue=f"{QUEUES}-fetch", batch_size=1, maximum_concurrency=10)
def fetch_posts(event: SQSEvent) -> None:
    handlers.fetch_posts(event.to_dict(), event.context)


@app.on_sqs_message(queue=f"{QUEUES}-engagement", batch_size=1, maximum_concurrency=20)
def refresh_engagement(event: SQSEvent) -> None:
    handlers.refresh_engagement(event.to_dict(), event.context)


@app.on_sqs_message(queue=f"{QUEUES}-fetch-dlq", batch_size=1, maximum_concurrency=2)
def dead_job(event: SQSEvent) -> None:
    handlers.dead_job(event.to_dict(), event.context)


@app.on_sqs_message(queue=f"{QUEUES}-engagement-dlq", batch_size=1, maximum_concurrency=2)
def dead_engagement_job(event: SQSEvent) -> None:
    handlers.dead_job(event.to_dict(), event.context)


@app.schedule("rate(1 minute)")
def sweep(event: CloudWatchEvent) -> dict[str, Any]:
    return handlers.sweep(event.to_dict(), event.context)


@app.lambda_function()
def run_client(event: Any, context: Any) -> dict[str, Any]:
    return handlers.run_client(event, context)


@app.lambda_function()
def run_slot(event: Any, context: Any) -> dict[str, Any]:
    return handlers.run_slot(event, context)


@app.lambda_function()
def add_post(event: Any, context: Any) -> dict[str, Any]:
    return handlers.add_post(event, context)


@app.lambda_function()
def restore_post(event: Any, context: Any) -> dict[str, Any]:
    return handlers.restore_post(event, context)


@app.lambda_function()
def outbox(event: Any, context: Any) -> dict[str, Any]:
    return handlers.outbox(event, context)


@app.lambda_function()
def shadow(event: Any, context: Any) -> dict[str, Any]:
    return handlers.shadow(event, context)


@app.lambda_function()
def look(event: Any, context: Any) -> dict[str, Any]:
    return handlers.look(event, context)


@app.lambda_function()
def backfill(event: Any, context: Any) -> dict[str, Any]:
    return handlers.backfill(event, context)


@app.lambda_function()
def import_clients(event: Any, context: Any) -> dict[str, Any]:
    return handlers.import_clients(event, context)


@app.lambda_function()
def migrate(event: Any, context: Any) -> dict[str, Any]:
    return handlers.migrate(context)
