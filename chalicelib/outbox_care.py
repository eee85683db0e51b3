"""What people do to messages: look at them, send one again, end one. Decisions first, as data.

Rows that the service before this one left (`session` is NULL) can be looked at and cancelled;
they are never sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import outbox
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.queues import QueueUnavailable
from chalicelib.runtime import Runtime
from chalicelib.slots import to_wib
from chalicelib.texts import clock

log = logging.getLogger(__name__)

LATE_LIFE = timedelta(minutes=30)
"""How long a message that is sent again after its time may wait for its turn."""


@dataclass(frozen=True)
class Cared:
    """What was done. `published`: whether the queue has it already; if not, `sweep` sends it on.
    `changes_given_back`: how many changes the next message to the chat tells instead."""

    outbox_id: int
    status: str
    published: bool = False
    changes_given_back: int = 0


def listing(runtime: Runtime, status: str | None, most: int, old: bool = False) -> list[Row]:
    """The newest messages, without their texts; those of the service before this one if `old`."""
    with runtime.db.transaction() as tx:
        rows = tx.run("outbox_care.listing", status=status, most=most, old=old)
    return [_shown(row) for row in rows]


def show(runtime: Runtime, outbox_id: int) -> Row:
    """Everything about a message, its text included. BadInput where there is none."""
    with runtime.db.transaction() as tx:
        row = tx.first("outbox_care.show", outbox_id=outbox_id)
    if row is None:
        raise _unknown(outbox_id)
    return _shown(row)


def redrive(runtime: Runtime, outbox_id: int, late: bool = False) -> Cared:
    """Sends a message again that was given up, is uncertain, or expired. `late`: although its
    time is over; it then lives for half an hour more.

    BadInput where that would tell something twice or out of order; then nothing is changed.
    """
    now = runtime.now()
    with runtime.db.transaction() as tx:
        row = _lock(tx, outbox_id)
        check_redrive(row, now, late)
        over = row["expires_at"] is not None and row["expires_at"] <= now
        expires_at = now + LATE_LIFE if over else row["expires_at"]
        again = tx.run("outbox_care.redrive", outbox_id=outbox_id, expires_at=expires_at, now=now)
        _check_untold(sum(message["told_meanwhile"] for message in again))
    log.info("outbox row %d is sent again by hand", outbox_id)
    return Cared(outbox_id, "pending", published=_publish(runtime, again))


def cancel(runtime: Runtime, outbox_id: int, not_sent: bool = False) -> Cared:
    """Ends a message that is not sent. What it tells is given back to the next message, unless
    it is uncertain: it then counts as told, but for `not_sent`, with which a person vouches that
    it never arrived. BadInput for a message that is over, or on its way."""
    with runtime.db.transaction() as tx:
        row = _lock(tx, outbox_id)
        gives_back = check_cancel(row, not_sent)
        tx.run("outbox_care.cancel", outbox_id=outbox_id, now=runtime.now())
        back = tx.run("outbox_care.give_back", outbox_id=outbox_id) if gives_back else []
    log.info("outbox row %d is cancelled by hand", outbox_id)
    return Cared(outbox_id, "cancelled", changes_given_back=len(back))


def check_redrive(row: Row, now: datetime, late: bool) -> None:
    """Raises BadInput, with the reason, where the message must not be sent again. Pure."""
    if row["session"] is None:
        raise _refused("is of the service before this one and is never sent", "Cancel it.")
    if row["status"] not in ("dead_letter", "uncertain", "expired"):
        raise _refused(f"is {row['status']}", "Only dead_letter, uncertain, expired can be.")
    if row["newer_list"]:
        raise _refused("is an old list: the chat has a newer one", "Cancel it.")
    _check_untold(row["told_elsewhere"])
    if row["expires_at"] is not None and row["expires_at"] <= now and not late:
        ended = f"its time was over at {clock(row['expires_at'])}"
        raise _refused(ended, "Send it late, if it is still of use.")


def _check_untold(told_elsewhere: int) -> None:
    if told_elsewhere:
        told = f"{told_elsewhere} of its changes were told by another message since"
        raise _refused(told, "There is nothing left to send.")


def check_cancel(row: Row, not_sent: bool) -> bool:
    """Whether what the message tells is given back. Raises BadInput, with the reason, where it
    cannot be cancelled. Pure."""
    old = row["session"] is None
    open_states = {"pending", "retrying", "dead_letter", "uncertain"}
    if row["status"] not in open_states | ({"processing"} if old else set()):
        fix = "Wait for its outcome." if row["status"] == "processing" else "It is over."
        raise _refused(f"is {row['status']}", fix)
    if not_sent and row["status"] != "uncertain":
        raise BadInput("not_sent", f"is for uncertain messages; this one is {row['status']}")
    return not_sent or row["status"] != "uncertain"


def _lock(tx: Transaction, outbox_id: int) -> Row:
    """The message, held until the transaction ends; and its client's state, so that no run
    writes a newer list meanwhile. BadInput where there is none."""
    tx.run("outbox_care.lock_client", outbox_id=outbox_id)
    row = tx.first("outbox_care.lock", outbox_id=outbox_id)
    if row is None:
        raise _unknown(outbox_id)
    return row


def _publish(runtime: Runtime, rows: list[Row]) -> bool:
    try:
        return bool(outbox.publish(runtime, rows))
    except QueueUnavailable as error:
        log.warning("sweep will publish it: %s", error)
        return False


def _shown(row: Row) -> Row:
    """The row with its moments as WIB text, ready for JSON."""
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    return to_wib(value).isoformat() if isinstance(value, datetime) else value


def _refused(problem: str, fix: str) -> BadInput:
    return BadInput("outbox_id", problem, fix)


def _unknown(outbox_id: int) -> BadInput:
    return BadInput("outbox_id", f"there is no message {outbox_id}", "See `outbox list`.")
