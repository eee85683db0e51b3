"""Sends one account's messages, one at a time, in order, while the account is ready."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from chalicelib import logs
from chalicelib.errors import CiceroError
from chalicelib.runtime import Runtime
from wa_session_host.sending.attempt import Attempt, OnTry, Outcome
from wa_session_host.sending.delivery import Delivery
from wa_session_host.sending.inflight import InHand, Taken, open_in_hand
from wa_session_host.sending.pacing import HOUR, Limits, Pace
from wa_session_host.sending.transport import NotSent, Rejected, Transport, TransportError
from wa_session_host.sending.trouble import Trouble

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.2


def unpaced() -> Pace:
    """No gap and no cap."""
    return Pace(Limits(), random.uniform)


@dataclass(frozen=True)
class Assignment:
    """The account that a consumer sends for.

    `session`: its name; nobody else sends for it. None: every message in the queue is for this
    account, and others may send for it too. `tenure()` returns a new number each time this host
    has taken the account over from another one, which may have sent messages in between.
    """

    session: str | None = None
    tenure: Callable[[], int] = lambda: 1
    pace: Pace = field(default_factory=unpaced)


class Consumer:
    """Runs until `stop` is set; the message in hand is finished first.

    Takes nothing from the queue while the account is not ready or its pace says to wait. Without
    `in_hand` it opens the queue itself. `on_try` is told of each try.
    """

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport,
        stop: Event,
        *,
        in_hand: InHand | None = None,
        assignment: Assignment | None = None,
        on_try: OnTry = lambda attempt, outcome, error: None,
    ) -> None:
        self._runtime = runtime
        self._transport = transport
        self._delivery = Delivery(runtime, transport, self._tried)
        self._stop = stop
        self._trouble = Trouble(stop)
        self._given = in_hand
        assignment = assignment or Assignment()
        self._session, self._pace = assignment.session, assignment.pace
        self._tenure = assignment.tenure
        self._on_try = on_try
        self._settled = 0

    def run(self) -> None:
        """Consumes until stopped. Waits out trouble with SQS or PostgreSQL."""
        in_hand = self._given or self._open()
        if in_hand is None:
            return
        try:
            while self._my_turn():
                self._round(in_hand)
        finally:
            if self._given is None:
                in_hand.close()

    def _open(self) -> InHand | None:
        while not self._stop.is_set():
            try:
                return open_in_hand(self._runtime.queues)
            except CiceroError as error:
                self._trouble.wait_out(error)
        return None

    def _my_turn(self) -> bool:
        """Waits until a message may go out; returns False if the consumer is to stop."""
        while not self._stop.is_set():
            if not self._transport.ready():
                self._stop.wait(_LOOK_SECONDS)
            elif (wait := self._pace.wait(time.monotonic())) > 0:
                self._stop.wait(min(wait, _PAUSE_SECONDS))
            else:
                return True
        return False

    def _round(self, in_hand: InHand) -> None:
        try:
            if self._session is not None and self._settled != self._tenure():
                self._settle(self._session)
            elif (taken := in_hand.next(self._session)) is not None:
                self._handle(in_hand, taken)
            else:
                poll = self._runtime.settings.wa_poll_seconds
                in_hand.receive(math.ceil(min(poll, in_hand.wait(self._session))))
        except CiceroError as error:
            self._trouble.wait_out(error)

    def _settle(self, session: str) -> None:
        """Takes over where the account's previous owner left off."""
        tenure = self._tenure()
        self._delivery.settle(session)
        ages = self._delivery.ages(session, within=timedelta(seconds=HOUR))
        self._pace.remember(time.monotonic(), ages)
        self._settled = tenure

    def _handle(self, in_hand: InHand, taken: Taken) -> None:
        message = taken.message
        fields = {"outbox": str(message.outbox_id), "account": message.session}
        try:
            with logs.about(**fields):
                wait = self._delivery.deliver(message)
        except CiceroError:
            in_hand.release(taken, timedelta(0))
            raise
        if wait is None:
            in_hand.ack(taken)
        else:
            in_hand.release(taken, wait)

    def _tried(self, attempt: Attempt, outcome: Outcome, error: TransportError | None) -> None:
        now = time.monotonic()
        self._pace.sent(now)
        if isinstance(error, NotSent):
            self._pace.failed(now, error.slow_down)
        elif error is None or isinstance(error, Rejected):
            self._pace.recovered()
        self._on_try(attempt, outcome, error)
