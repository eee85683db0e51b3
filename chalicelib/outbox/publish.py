"""The transactional outbox: rows commit with what they tell, then go to the FIFO queue.

States: pending → processing → sent | retrying | dead_letter | expired | superseded | uncertain; a
person may set `cancelled`. A message is written once per idempotency key, which is derived from
what it tells, never from its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from chalicelib import queues
from chalicelib.db import Transaction
from chalicelib.jobs import OutboundMessage
from chalicelib.outbox.messages import Message, OutboxRow, Written
from chalicelib.queues import Entry
from chalicelib.runtime import Runtime


def add_messages(tx: Transaction, messages: Sequence[Message], now: datetime) -> list[Written]:
    """Writes the messages in the caller's transaction; returns the rows that are new.

    A message whose key already exists is left out, and so are the parts that belong to it. A row's
    `tells_all` is false if its chat was already told one of the changes.
    """
    if not messages:
        return []
    rows = tx.run("outbox.add", messages=_as_json(messages), now=now)
    return cast("list[Written]", rows)


def publish_messages(runtime: Runtime, rows: Iterable[OutboxRow]) -> list[int]:
    """Sends committed rows to the FIFO queue; returns the ids that were accepted.

    `sweep` resends what the queue refused and what a crash left behind: a row that was sent before
    is dropped by the queue, which recognises its key, or by the host, which claims each row once.
    """
    entries = {
        row["outbox_id"]: Entry(
            OutboundMessage(outbox_id=row["outbox_id"], session=row["session"], chat=row["chat"]),
            group=row["chat"],
            deduplication=row["key"],
        )
        for row in rows
    }
    if not entries:
        return []
    taken = set(runtime.queues.send(queues.OUTBOUND, entries.values()))
    return [outbox_id for outbox_id, entry in entries.items() if entry in taken]


def publish_unpublished(runtime: Runtime, slot: datetime, client_id: str) -> list[int]:
    """Publishes again what a client's run and the closing of the slot have written."""
    with runtime.db.transaction() as tx:
        rows = tx.run("outbox.unpublished_of", slot=slot, client_id=client_id)
    return publish_messages(runtime, cast("list[OutboxRow]", rows))


def _as_json(messages: Sequence[Message]) -> str:
    """Messages in the form the queries take, in the order in which they are to go out."""
    return json.dumps([_fields(message) for message in messages])


def _fields(message: Message) -> dict[str, Any]:
    return {
        "client_id": message.client_id,
        "chat": message.chat,
        "session": message.session,
        "kind": message.kind,
        "slot": message.slot.isoformat(),
        "text": message.text.replace("\x00", ""),
        "key": message.key,
        "expires_at": message.expires_at.isoformat(),
        "changes": list(message.changes),
        "first_key": message.first_key,
        "attachment": message.attachment,
    }
