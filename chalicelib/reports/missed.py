"""Slots that are too old to be opened: recorded, and reported to the operators, once."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib import texts
from chalicelib.outbox.publish import publish_messages
from chalicelib.reports.close import tell_operators
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot


def record_missed(runtime: Runtime, slots: Sequence[Slot], reason: str) -> list[Slot]:
    """Records the slots as missed and tells the operators; returns those that nobody had opened or
    recorded. Record and message are written together."""
    if not slots:
        return []
    now = runtime.now()
    with runtime.db.transaction() as tx:
        missed = [
            slot
            for slot in slots
            if tx.first(
                "slots.open",
                slot=slot.at,
                status="missed",
                trigger="schedule",
                reason=reason,
                now=now,
            )
        ]
        if not missed:
            return []
        text, key = texts.missed_slots([slot.at for slot in missed]), f"missed:{missed[0]}"
        rows = tell_operators(runtime, tx, now, "admin_alert", key, text)
    publish_messages(runtime, rows)
    return missed
