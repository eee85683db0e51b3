"""One outbox row, from claim to outcome. The row decides; the queue only says when to look.

The intent is recorded before anything leaves. A row found in `processing` was cut short: it is
sent again only where the transport knows that it did not go out; else it becomes `uncertain`.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tenacity import retry, retry_if_exception_type, wait_random_exponential

from chalicelib.db import Row
from chalicelib.errors import DatabaseUnavailable
from chalicelib.jobs import OutboundMessage
from chalicelib.runtime import Runtime
from wa_session_host.transport import (
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
_LONGEST_BLOCKED_SECONDS = 30


@dataclass(frozen=True)
class Outcome:
    """How a row is left after a failed try. `delay` until the next try, where there is one."""

    status: Status
    delay: timedelta | None = None


def after_failure(error: TransportError, attempt: int, max_attempts: int) -> Outcome:
    """What a failed try means: `attempt` counts from 1. Pure but for the jitter."""
    if isinstance(error, OutcomeUnknown):
        return Outcome("uncertain")
    if isinstance(error, Rejected) or attempt >= max_attempts:
        return Outcome("dead_letter")
    seconds = min(_FIRST_RETRY_SECONDS * 2 ** (attempt - 1), _LONGEST_RETRY_SECONDS)
    return Outcome("retrying", timedelta(seconds=seconds * random.uniform(0.75, 1.25)))  # noqa: S311


class Delivery:
    """Delivers rows over one transport."""

    def __init__(self, runtime: Runtime, transport: Transport) -> None:
        self._runtime = runtime
        self._transport = transport

    def deliver(self, message: OutboundMessage, looks: int = 1) -> timedelta | None:
        """Sends the row if it is due. None: the queue message is done with; else: look again
        after this time. Raises DatabaseUnavailable before anything was sent.

        `looks`: how often the queue has shown it. One that waits for an older message of its chat
        is looked at ever less often, so that the queue does not give it up before `sweep` has
        published the older one.
        """
        row = self._claim(message.outbox_id)
        if row is None:
            return self._not_claimed(message.outbox_id, looks)
        try:
            message_id = self._transport.send(_outgoing(row))
        except TransportError as error:
            return self._failed(row, error)
        self._finish(row["outbox_id"], "sent", message_id=message_id)
        return None

    def _claim(self, outbox_id: int) -> Row | None:
        with self._runtime.db.transaction() as tx:
            return tx.first("outbox.claim", outbox_id=outbox_id, now=self._runtime.now())

    def _not_claimed(self, outbox_id: int, looks: int) -> timedelta | None:
        with self._runtime.db.transaction() as tx:
            tx.run("outbox.expire", now=self._runtime.now())
            row = tx.first("outbox.get", outbox_id=outbox_id)
        if row is None:
            log.error("outbox row %d does not exist; its queue message is dropped", outbox_id)
            return None
        if row["status"] == "processing":
            return self._resume(row)
        if row["status"] in ("pending", "retrying"):
            seconds = _BLOCKED_SECONDS * 2 ** min(looks - 1, 10)
            return timedelta(seconds=min(seconds, _LONGEST_BLOCKED_SECONDS))
        return None

    def _resume(self, row: Row) -> timedelta | None:
        """A send that was cut short: by now it is sent, or not, or nobody knows."""
        sent = self._transport.was_sent(_outgoing(row))
        if sent is False:
            self._finish(row["outbox_id"], "retrying", error="cut short before it went out")
            return timedelta(0)
        self._finish(row["outbox_id"], "sent" if sent else "uncertain")
        return None

    def _failed(self, row: Row, error: TransportError) -> timedelta | None:
        outcome = after_failure(error, row["attempt"], row["max_attempts"])
        due = self._runtime.now() + outcome.delay if outcome.delay else None
        self._finish(row["outbox_id"], outcome.status, error=str(error), due=due)
        log.warning("outbox row %d: %s (%s)", row["outbox_id"], outcome.status, error)
        return outcome.delay

    @retry(
        retry=retry_if_exception_type(DatabaseUnavailable),
        wait=wait_random_exponential(multiplier=0.5, max=10),
    )
    def _finish(
        self,
        outbox_id: int,
        status: Status,
        message_id: str | None = None,
        error: str | None = None,
        due: datetime | None = None,
    ) -> None:
        """Writes the outcome down, however long PostgreSQL is away: the message has left."""
        with self._runtime.db.transaction() as tx:
            tx.run(
                "outbox.finish",
                outbox_id=outbox_id,
                status=status,
                wa_message_id=message_id,
                error=error,
                next_attempt_at=due,
                now=self._runtime.now(),
            )


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(session=row["session"], chat=row["chat"], text=row["text"], key=row["key"])
