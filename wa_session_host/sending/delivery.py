"""One outbox row, from claim to outcome. The row decides; the queue only says when to look.

The intent is recorded before anything leaves. A row found in `processing` was cut short: it is
sent again only where the transport knows that it did not go out; else it becomes `uncertain`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tenacity import RetryCallState, retry, retry_if_exception_type, wait_random_exponential

from chalicelib.db import Row
from chalicelib.errors import CiceroError, DatabaseUnavailable
from chalicelib.jobs import OutboundMessage
from chalicelib.runtime import Runtime
from wa_session_host.sending.transport import (
    OutcomeUnknown,
    Outgoing,
    Rejected,
    Transport,
    TransportError,
)

log = logging.getLogger(__name__)

Status = Literal["sent", "retrying", "dead_letter", "uncertain"]

_FIRST_RETRY_SECONDS = 5
_LONGEST_RETRY_SECONDS = 300
_BLOCKED_SECONDS = 1
_REFUSED_SECONDS = 600


@dataclass(frozen=True)
class Outcome:
    """How a row is left after a try. `delay` until the next try, where there is one. `counts`:
    the try is one of those that the row has."""

    status: Status
    delay: timedelta | None = None
    counts: bool = True


OnTry = Callable[[Row, Outcome, TransportError | None], None]
"""Hears of each try: the claimed row, how it is left, and the error, if it failed."""


def after_failure(error: TransportError, attempt: int, max_attempts: int) -> Outcome:
    """What a failed try means: `attempt` counts from 1. Pure but for the jitter.

    Where WhatsApp asks to slow down the message is not at fault: it is tried until it expires.
    """
    if isinstance(error, OutcomeUnknown):
        return Outcome("uncertain")
    if isinstance(error, Rejected) or (attempt >= max_attempts and not error.slow_down):
        return Outcome("dead_letter")
    seconds = min(_FIRST_RETRY_SECONDS * 2 ** (attempt - 1), _LONGEST_RETRY_SECONDS)
    delay = timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311
    return Outcome("retrying", delay, counts=not error.slow_down)


def _refused(state: RetryCallState) -> bool:
    """Whether to give up: never while PostgreSQL is only away."""
    failed = state.outcome.exception() if state.outcome else None
    seconds = state.seconds_since_start or 0.0
    return not isinstance(failed, DatabaseUnavailable) and seconds > _REFUSED_SECONDS


class Delivery:
    """Delivers rows over one transport."""

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport,
        on_try: OnTry = lambda row, outcome, error: None,
    ) -> None:
        self._runtime = runtime
        self._transport = transport
        self._on_try = on_try

    def deliver(self, message: OutboundMessage) -> timedelta | None:
        """Sends the row if it is due. None: the queue message is done with; else: look again
        after this time. An older row of its chat that is due goes first, whatever became of its
        own queue message. Raises DatabaseUnavailable before anything was sent."""
        row = self._claim(message.outbox_id)
        return self._not_claimed(message.outbox_id) if row is None else self._send(row)

    def settle(self, session: str) -> None:
        """Ends what an earlier owner of the account was sending when it died. For the account's
        one owner, before its first send. Raises DatabaseUnavailable."""
        with self._runtime.db.transaction() as tx:
            rows = tx.run("outbox.under_way", session=session)
        for row in rows:
            self._not_claimed(row["outbox_id"])

    def ages(self, session: str, within: timedelta) -> list[float]:
        """How many seconds ago the account's messages went out, whoever sent them. Raises
        DatabaseUnavailable."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            rows = tx.run("host.sent_since", session=session, since=now - within)
        return [(now - row["sent_at"]).total_seconds() for row in rows]

    def _send(self, row: Row) -> timedelta | None:
        try:
            message_id = self._transport.send(_outgoing(row))
        except TransportError as error:
            return self._failed(row, error)
        self._finish(row, Outcome("sent"), message_id=message_id)
        self._on_try(row, Outcome("sent"), None)
        return None

    def _claim(self, outbox_id: int) -> Row | None:
        with self._runtime.db.transaction() as tx:
            return tx.first("outbox.claim", outbox_id=outbox_id, now=self._runtime.now())

    def _not_claimed(self, outbox_id: int) -> timedelta | None:
        with self._runtime.db.transaction() as tx:
            tx.run("outbox.expire", now=self._runtime.now())
            row = tx.first("outbox.get", outbox_id=outbox_id)
        if row is None:
            log.error("outbox row %d does not exist; its queue message is dropped", outbox_id)
            return None
        if row["status"] == "processing":
            return self._resume(row)
        if row["status"] in ("pending", "retrying"):
            return self._older_first(outbox_id)
        return None

    def _older_first(self, outbox_id: int) -> timedelta:
        """Does the message that holds this one up, if it can be done now: its own queue message
        may be lost, or stand behind this one's. Else, how long that one waits."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            older = tx.first("outbox.first_of_chat", outbox_id=outbox_id)
        blocked = timedelta(seconds=_BLOCKED_SECONDS)
        if older is None or older["due"] is None:
            return blocked
        due: datetime = older["due"]
        if due > now:
            return max(blocked, due - now)
        row = self._claim(older["outbox_id"])
        if row is None:
            return blocked
        self._send(row)
        return timedelta(0)

    def _resume(self, row: Row) -> timedelta | None:
        """A send that was cut short: by now it is sent, or not, or nobody knows."""
        sent = self._transport.was_sent(_outgoing(row))
        if sent is False:
            again = Outcome("retrying", timedelta(0))
            self._finish(row, again, error="cut short before it went out")
            return timedelta(0)
        self._finish(row, Outcome("sent" if sent else "uncertain"))
        if not sent:
            unknown = OutcomeUnknown("the host was cut short while it was sending")
            self._on_try(row, Outcome("uncertain"), unknown)
        return None

    def _failed(self, row: Row, error: TransportError) -> timedelta | None:
        outcome = after_failure(error, row["attempt"], row["max_attempts"])
        self._finish(row, outcome, error=str(error))
        log.warning("outbox row %d: %s (%s)", row["outbox_id"], outcome.status, error)
        self._on_try(row, outcome, error)
        return outcome.delay

    @retry(
        retry=retry_if_exception_type(CiceroError),
        stop=_refused,
        wait=wait_random_exponential(multiplier=0.5, max=10),
        reraise=True,
    )
    def _finish(
        self, row: Row, outcome: Outcome, message_id: str | None = None, error: str | None = None
    ) -> None:
        """Writes the outcome down, however long PostgreSQL is away or the row is locked: the
        message has left. Raises CiceroError where PostgreSQL refuses it for ten minutes."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            tx.run(
                "outbox.finish",
                outbox_id=row["outbox_id"],
                started=row["started"],
                status=outcome.status,
                wa_message_id=message_id,
                error=error,
                next_attempt_at=now + outcome.delay if outcome.delay else None,
                refund=0 if outcome.counts else 1,
                now=now,
            )


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(session=row["session"], chat=row["chat"], text=row["text"], key=row["key"])
