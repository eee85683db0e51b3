"""One outbox row, from claim to outcome. The row decides; the queue only says when to look.

The intent is recorded before anything leaves. A row found in `processing` was cut short: it is
resent only if the transport knows that it did not go out; otherwise it becomes `uncertain`.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from tenacity import RetryCallState, retry, retry_if_exception_type, wait_random_exponential

from chalicelib.errors import CiceroError, DatabaseUnavailable
from chalicelib.jobs import OutboundMessage
from chalicelib.runtime import Runtime
from wa_session_host.sending.attachments import Attachments
from wa_session_host.sending.attempt import Attempt, OnTry, Outcome, after_failure
from wa_session_host.sending.transport import OutcomeUnknown, Transport, TransportError

log = logging.getLogger(__name__)

_BLOCKED_SECONDS = 1
_REFUSED_SECONDS = 600


def _refused(state: RetryCallState) -> bool:
    """Whether to give up: never while PostgreSQL is merely unavailable."""
    failed = state.outcome.exception() if state.outcome else None
    seconds = state.seconds_since_start or 0.0
    return not isinstance(failed, DatabaseUnavailable) and seconds > _REFUSED_SECONDS


class Delivery:
    """Delivers rows over one transport."""

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport,
        on_try: OnTry = lambda attempt, outcome, error: None,
        attachments: Attachments | None = None,
    ) -> None:
        self._runtime = runtime
        self._transport = transport
        self._on_try = on_try
        self._attachments = attachments or Attachments(runtime)

    def deliver(self, message: OutboundMessage) -> timedelta | None:
        """Sends the row if it is due. Returns None when the queue message is finished, otherwise
        the time after which to look again. An older row of its chat that is due goes first,
        whatever happened to its own queue message. Raises DatabaseUnavailable before anything
        was sent."""
        attempt = self._claim(message.outbox_id)
        return self._not_claimed(message.outbox_id) if attempt is None else self._send(attempt)

    def settle(self, session: str) -> None:
        """Settles what an earlier owner of the account was sending when it died. To be called by
        the account's only owner, before its first send. Raises DatabaseUnavailable."""
        with self._runtime.db.transaction() as tx:
            rows = tx.run("outbox.under_way", session=session)
        for row in rows:
            self._not_claimed(row["outbox_id"])

    def ages(self, session: str, within: timedelta) -> list[float]:
        """How many seconds ago the account's messages went out, whichever host sent them. Raises
        DatabaseUnavailable."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            rows = tx.run("host.sent_since", session=session, since=now - within)
        return [(now - row["sent_at"]).total_seconds() for row in rows]

    def _send(self, attempt: Attempt) -> timedelta | None:
        try:
            message = self._attachments.attach(attempt.message, attempt.attachment)
            message_id = self._transport.send(message)
        except TransportError as error:
            return self._failed(attempt, error)
        self._finish(attempt, Outcome("sent"), message_id=message_id)
        self._on_try(attempt, Outcome("sent"), None)
        return None

    def _claim(self, outbox_id: int) -> Attempt | None:
        with self._runtime.db.transaction() as tx:
            row = tx.first("outbox.claim", outbox_id=outbox_id, now=self._runtime.now())
        return None if row is None else Attempt.of(row)

    def _not_claimed(self, outbox_id: int) -> timedelta | None:
        with self._runtime.db.transaction() as tx:
            tx.run("outbox.expire", now=self._runtime.now())
            row = tx.first("outbox.get", outbox_id=outbox_id)
        if row is None:
            log.error("outbox row %d does not exist; its queue message is dropped", outbox_id)
            return None
        if row["status"] == "processing":
            return self._resume(Attempt.of(row))
        if row["status"] in ("pending", "retrying"):
            return self._older_first(outbox_id)
        return None

    def _older_first(self, outbox_id: int) -> timedelta:
        """Sends the older message that holds this one up, if it is due: its own queue message may
        be lost, or queued behind this one's. Returns how long to wait before looking again."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            older = tx.first("outbox.first_of_chat", outbox_id=outbox_id)
        blocked = timedelta(seconds=_BLOCKED_SECONDS)
        if older is None or older["due"] is None:
            return blocked
        due: datetime = older["due"]
        if due > now:
            return max(blocked, due - now)
        attempt = self._claim(older["outbox_id"])
        if attempt is None:
            return blocked
        self._send(attempt)
        return timedelta(0)

    def _resume(self, attempt: Attempt) -> timedelta | None:
        """Settles a try that was cut short: it went out, or it did not, or nobody knows."""
        sent = self._transport.was_sent(attempt.message)
        if sent is False:
            again = Outcome("retrying", timedelta(0))
            self._finish(attempt, again, error="cut short before it went out")
            return timedelta(0)
        self._finish(attempt, Outcome("sent" if sent else "uncertain"))
        if not sent:
            unknown = OutcomeUnknown("the host was cut short while it was sending")
            self._on_try(attempt, Outcome("uncertain"), unknown)
        return None

    def _failed(self, attempt: Attempt, error: TransportError) -> timedelta | None:
        outcome = after_failure(error, attempt.number, attempt.most)
        self._finish(attempt, outcome, error=str(error))
        log.warning("outbox row %d: %s (%s)", attempt.outbox_id, outcome.status, error)
        self._on_try(attempt, outcome, error)
        return outcome.delay

    @retry(
        retry=retry_if_exception_type(CiceroError),
        stop=_refused,
        wait=wait_random_exponential(multiplier=0.5, max=10),
        reraise=True,
    )
    def _finish(
        self,
        attempt: Attempt,
        outcome: Outcome,
        message_id: str | None = None,
        error: str | None = None,
    ) -> None:
        """Records the outcome, however long PostgreSQL is unavailable or the row is locked: the
        message has gone out. Raises CiceroError if PostgreSQL refuses it for ten minutes."""
        now = self._runtime.now()
        with self._runtime.db.transaction() as tx:
            tx.run(
                "outbox.finish",
                outbox_id=attempt.outbox_id,
                started=attempt.started,
                status=outcome.status,
                wa_message_id=message_id,
                error=error,
                next_attempt_at=now + outcome.delay if outcome.delay else None,
                refund=0 if outcome.counts else 1,
                now=now,
            )
