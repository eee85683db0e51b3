"""What the operators are told: one report per closed slot, and alerts."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib import outbox, texts
from chalicelib.clients import personal_chats
from chalicelib.db import Row, Transaction
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot

log = logging.getLogger(__name__)

ADMIN_LIFE = timedelta(hours=24)


def close_slot(runtime: Runtime, slot: Slot, overdue: bool = False) -> bool:
    """Closes the slot if its last client has finished, and writes its report; once.

    An `overdue` slot closes as it is; its report names who is missing, and they may still finish.
    """
    with runtime.db.transaction() as tx:
        closed = tx.first("slots.close", slot=slot.at, now=runtime.now(), overdue=overdue)
        if closed is None:
            return False
        rows = _write_report(runtime, tx, slot, closed)
    outbox.publish(runtime, rows)
    log.info("slot %s closed", slot)
    return True


def tell_operators(
    runtime: Runtime, tx: Transaction, slot: datetime, kind: outbox.Kind, key: str, text: str
) -> list[Row]:
    """Writes one message to every operator; answers the new rows, for publishing."""
    settings = runtime.settings
    now = runtime.now()
    chats = personal_chats(settings.admin_whatsapp, settings.gateway_whatsapp_admin)
    session = settings.wa_log_client_id or settings.gateway_wa_client_id
    messages = [
        outbox.Message(
            chat=chat,
            session=session,
            kind=kind,
            slot=slot,
            text=text,
            key=f"{kind}:{key}:{chat}",
            expires_at=now + ADMIN_LIFE,
        )
        for chat in chats
    ]
    return outbox.add(tx, messages, now)


_ALERTED = {"quota", "budget", "api_configuration"}


def alert_once(
    runtime: Runtime, tx: Transaction, slot: Slot, errors: Mapping[str, str]
) -> list[Row]:
    """Tells the operators of API errors that only they can mend, once a platform, kind and day.
    `errors`: platform → error kind. Answers the new rows, for publishing."""
    rows: list[Row] = []
    for platform, kind in errors.items():
        if kind in _ALERTED:
            text = texts.api_alert(platform, kind, slot.at)
            key = f"{kind}:{platform}:{slot.day}"
            rows += tell_operators(runtime, tx, slot.at, "admin_alert", key, text)
    return rows


def _write_report(runtime: Runtime, tx: Transaction, slot: Slot, closed: Row) -> list[Row]:
    summary = tx.run("slots.summary", slot=slot.at)[0]
    results = tx.run("slots.client_results", slot=slot.at)
    report = texts.SlotReport(
        at=slot.at,
        clients=summary["clients"],
        done=summary["done"],
        failed=summary["failed"],
        posts_new=summary["posts_new"],
        posts_removed=summary["posts_removed"],
        api_requests=summary["api_requests"],
        seconds=closed["seconds"],
        messages=summary["messages_queued"],
        errors=texts.errors_by_kind(results),
        held=_held(results),
    )
    return tell_operators(
        runtime, tx, slot.at, "admin_report", str(slot), texts.slot_report(report)
    )


def _held(results: Sequence[Row]) -> list[str]:
    """`CLIENT (n)` for each client with posts that look gone but were too many to believe."""
    counts = {
        row["client_id"]: sum(
            result.get("held", 0) for result in (row["fetch_result"] or {}).values()
        )
        for row in results
    }
    return [f"{client_id} ({held})" for client_id, held in counts.items() if held]
