"""What people do with messages: look at them, send one again, end one. Decisions first, as data.

Rows that the service before this one left (`session` is NULL) can be looked at and cancelled;
they are never sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.outbox.messages import Held, OutboxRow
from chalicelib.outbox.publish import publish_messages
from chalicelib.queues import QueueUnavailable
from chalicelib.runtime import Runtime
from chalicelib.slots import to_wib
from chalicelib.texts import format_time

log = logging.getLogger(__name__)

LATE_LIFE = timedelta(minutes=30)
"""How long a message that is sent again after its expiry stays valid."""


CASES = frozenset({"dead_letter", "uncertain"})
"""The states of messages that wait for a person's decision."""

_UNDER_WAY = frozenset({"pending", "processing", "retrying"})

Why = Literal[
    "unknown", "old_service", "status", "newer_list", "told_elsewhere", "over", "not_uncertain"
]


class NotPossible(BadInput):
    """What a person asked for cannot be done with this message. `why`: for callers that explain it
    in their own words."""

    def __init__(self, why: Why, problem: str, fix: str, field: str = "outbox_id") -> None:
        self.why = why
        super().__init__(field, problem, fix)


@dataclass(frozen=True)
class Redriven:
    """What was done. `published`: whether the queue already has it; if not, `sweep` sends it.
    `changes_given_back`: how many changes the next message to the chat tells instead."""

    outbox_id: int
    status: str
    published: bool = False
    changes_given_back: int = 0


def list_messages(runtime: Runtime, status: str | None, most: int, old: bool = False) -> list[Row]:
    """The newest messages, without their texts; those of the service before this one if `old`."""
    with runtime.db.transaction() as tx:
        rows = tx.run("redrive.listing", status=status, most=most, old=old)
    return [_shown(row) for row in rows]


def show_message(runtime: Runtime, outbox_id: int) -> Row:
    """Everything about a message, including its text. Raises NotPossible if there is none."""
    with runtime.db.transaction() as tx:
        row = tx.first("redrive.show", outbox_id=outbox_id)
    if row is None:
        raise _unknown(outbox_id)
    return _shown(row)


def redrive(runtime: Runtime, outbox_id: int, late: bool = False) -> Redriven:
    """Sends a message again that is a dead letter, uncertain or expired. `late`: even though it has
    expired; it is then valid for half an hour more.

    Raises NotPossible if that would tell something twice or out of order; then nothing is changed.
    """
    now = runtime.now()
    with runtime.db.transaction() as tx:
        row = _lock(tx, outbox_id)
        check_redrive(row, now, late)
        over = row["expires_at"] is not None and row["expires_at"] <= now
        expires_at = now + LATE_LIFE if over else row["expires_at"]
        again = tx.run("redrive.redrive", outbox_id=outbox_id, expires_at=expires_at, now=now)
        _check_untold(sum(message["told_meanwhile"] for message in again))
    log.info("outbox row %d is sent again by hand", outbox_id)
    published = _publish(runtime, cast("list[OutboxRow]", again))
    return Redriven(outbox_id, "pending", published)


def cancel(
    runtime: Runtime, outbox_id: int, not_sent: bool = False, cases_only: bool = False
) -> Redriven:
    """Ends a message that was not sent. What it tells is given back to the next message, unless it
    is uncertain: then it counts as told, except with `not_sent`, by which a person vouches that it
    never arrived. Raises NotPossible for a message that is over or on its way; with `cases_only`
    also for one that does not wait for a person."""
    with runtime.db.transaction() as tx:
        row = _lock(tx, outbox_id)
        gives_back = check_cancel(row, not_sent, cases_only)
        tx.run("redrive.cancel", outbox_id=outbox_id, now=runtime.now())
        back = tx.run("redrive.give_back", outbox_id=outbox_id) if gives_back else []
    log.info("outbox row %d is cancelled by hand", outbox_id)
    return Redriven(outbox_id, "cancelled", changes_given_back=len(back))


def check_redrive(row: Held, now: datetime, late: bool) -> None:
    """Raises NotPossible if the message must not be sent again. Pure."""
    if row["session"] is None:
        problem = "is of the service before this one and is never sent"
        raise NotPossible("old_service", problem, "Cancel it.")
    if row["status"] not in CASES | {"expired"}:
        fix = "Only dead_letter, uncertain, expired can be."
        raise NotPossible("status", f"is {row['status']}", fix)
    if row["newer_list"]:
        problem = "is an old list: the chat has a newer one"
        raise NotPossible("newer_list", problem, "Cancel it.")
    _check_untold(row["told_elsewhere"])
    if row["expires_at"] is not None and row["expires_at"] <= now and not late:
        ended = f"its time was over at {format_time(row['expires_at'])}"
        raise NotPossible("over", ended, "Send it late, if it is still of use.")


def _check_untold(told_elsewhere: int) -> None:
    if told_elsewhere:
        told = f"{told_elsewhere} of its changes were told by another message since"
        raise NotPossible("told_elsewhere", told, "There is nothing left to send.")


def check_cancel(row: Held, not_sent: bool, cases_only: bool = False) -> bool:
    """Whether what the message tells is given back. Raises NotPossible if it cannot be cancelled.
    Pure."""
    status = row["status"]
    left_by_old_service = {"processing"} if row["session"] is None else set()
    others = set() if cases_only else {"pending", "retrying"} | left_by_old_service
    if status not in CASES | others:
        fix = "Wait for its outcome." if status in _UNDER_WAY else "It is over."
        raise NotPossible("status", f"is {status}", fix)
    if not_sent and status != "uncertain":
        problem = f"is for uncertain messages; this one is {status}"
        raise NotPossible("not_uncertain", problem, "", field="not_sent")
    return not_sent or status != "uncertain"


def _lock(tx: Transaction, outbox_id: int) -> Held:
    """The message, locked until the transaction ends, and its client too, so that no run writes a
    newer list meanwhile. Raises NotPossible if there is none."""
    tx.run("redrive.lock_client", outbox_id=outbox_id)
    row = tx.first("redrive.lock", outbox_id=outbox_id)
    if row is None:
        raise _unknown(outbox_id)
    return cast("Held", row)


def _publish(runtime: Runtime, rows: list[OutboxRow]) -> bool:
    try:
        return bool(publish_messages(runtime, rows))
    except QueueUnavailable as error:
        log.warning("sweep will publish it: %s", error)
        return False


def _shown(row: Row) -> Row:
    """The row with its moments as WIB text, ready for JSON."""
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    return to_wib(value).isoformat() if isinstance(value, datetime) else value


def _unknown(outbox_id: int) -> NotPossible:
    return NotPossible("unknown", f"there is no message {outbox_id}", "See `outbox list`.")
