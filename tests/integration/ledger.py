"""Ledger rows and messages as a test needs them, without a fetch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.outbox.messages import Message, Written
from chalicelib.outbox.publish import add_messages
from chalicelib.runtime import Runtime
from tests.integration.tables import Tables

CHAT = "120363000000000001@g.us"

_CHANGE = """
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'instagram', :content_id, :client_id, :kind, slot, CAST(slot AS date), slot, 'Apel', slot
FROM CAST(:slot AS timestamptz) AS slot
RETURNING change_id
"""


def add_change(
    tables: Tables, content_id: str, slot: datetime, kind: str = "new", client_id: str = "CONTOH"
) -> int:
    """Adds a change that the slot's fetch found; returns its id."""
    found = {"content_id": content_id, "slot": slot, "kind": kind, "client_id": client_id}
    return int(tables.value(_CHANGE, **found))


def message(runtime: Runtime, key: str, **fields: Any) -> Message:
    """A message of the runtime's slot to CONTOH's group that expires after an hour."""
    values: dict[str, Any] = {
        "chat": CHAT,
        "session": "gateway",
        "kind": "changes",
        "slot": runtime.now(),
        "text": f"text of {key}",
        "expires_at": runtime.now() + timedelta(hours=1),
        "client_id": "CONTOH",
    }
    return Message(key=key, **(values | fields))


def write(runtime: Runtime, *messages: Message) -> list[Written]:
    """Adds messages in a separate transaction."""
    with runtime.db.transaction() as tx:
        return add_messages(tx, messages, runtime.now())
