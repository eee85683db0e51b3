"""The transactional outbox: rows commit with what they tell, then go to the FIFO queue.

States: pending → processing → sent | retrying | dead_letter | expired | superseded | uncertain;
`cancelled` by a person. A message is written once per idempotency key, which is made of what it
tells, never of its text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib import queues
from chalicelib.db import Row, Transaction
from chalicelib.jobs import OutboundMessage
from chalicelib.messages import Message
from chalicelib.queues import Entry
from chalicelib.runtime import Runtime


def add(tx: Transaction, messages: Sequence[Message], now: datetime) -> list[Row]:
    """Writes the messages in the caller's transaction; answers the rows that are new.

    A message whose key is there already is left out, and so are the parts that belong to it.
    """
    if not messages:
        return []
    return tx.run("outbox.add", messages=json.dumps([_fields(m) for m in messages]), now=now)


def publish(runtime: Runtime, rows: Iterable[Row]) -> int:
    """Sends committed rows to the FIFO queue and notes it; answers how many were taken.

    What the queue refuses stays unpublished, for `sweep`.
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
        return 0
    taken = runtime.queues.send(queues.OUTBOUND, entries.values())
    ids = [outbox_id for outbox_id, entry in entries.items() if entry in taken]
    with runtime.db.transaction() as tx:
        tx.run("outbox.mark_published", ids=ids, now=runtime.now())
    return len(ids)


def publish_left(runtime: Runtime, slot: datetime, client_id: str) -> int:
    """Publishes what a client's run has written and not published yet."""
    with runtime.db.transaction() as tx:
        rows = tx.run("outbox.unpublished_of", slot=slot, client_id=client_id)
    return publish(runtime, rows)


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
    }
