"""Sends one account's messages, one at a time, in order, while the account is ready."""

from __future__ import annotations

import logging
import random
import time
from threading import Event

from chalicelib.db import Row
from chalicelib.errors import CiceroError
from chalicelib.runtime import Runtime
from wa_session_host.delivery import Delivery, OnTry, Outcome
from wa_session_host.in_hand import InHand, Taken, open_in_hand
from wa_session_host.pacing import Limits, Pace
from wa_session_host.transport import Transport, TransportError

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.2
_MOST_IN_HAND = 500


def unpaced() -> Pace:
    """No gap and no cap."""
    return Pace(Limits(), random.uniform)


class Consumer:
    """Runs until `stop` is set; the message in hand is finished first.

    `session`: the account, which nobody else sends for; None: every message is this account's,
    and others may send as well. `on_try` hears of each try that was made.
    While the account is not ready, or its pace says wait, nothing is taken from the queue.
    """

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport,
        stop: Event,
        *,
        in_hand: InHand | None = None,
        session: str | None = None,
        pace: Pace | None = None,
        on_try: OnTry = lambda row, outcome, error: None,
    ) -> None:
        self._runtime = runtime
        self._transport = transport
        self._delivery = Delivery(runtime, transport, self._tried)
        self._stop = stop
        self._given = in_hand
        self._session = session
        self._pace = pace or unpaced()
        self._on_try = on_try
        self._settled = session is None

    def run(self) -> None:
        """Consumes until stopped. Trouble with SQS or PostgreSQL is waited out."""
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
                self._wait_out(error)
        return None

    def _my_turn(self) -> bool:
        """Waits until a message may go out. False: stop."""
        while not self._stop.is_set():
            if not self._transport.ready():
                self._stop.wait(_LOOK_SECONDS)
            elif (wait := self._pace.wait(time.time())) > 0:
                self._stop.wait(min(wait, _PAUSE_SECONDS))
            else:
                return True
        return False

    def _round(self, in_hand: InHand) -> None:
        try:
            if self._session is not None and not self._settled:
                self._delivery.settle(self._session)
                self._settled = True
            if (taken := in_hand.next(self._session)) is not None:
                self._handle(in_hand, taken)
            elif in_hand.count() < _MOST_IN_HAND:
                in_hand.receive(self._runtime.settings.wa_poll_seconds)
            else:
                self._stop.wait(_PAUSE_SECONDS)
        except CiceroError as error:
            self._wait_out(error)

    def _handle(self, in_hand: InHand, taken: Taken) -> None:
        try:
            wait = self._delivery.deliver(taken.message)
        except CiceroError:
            in_hand.keep(taken, self._session)
            raise
        if wait is None:
            in_hand.finish(taken)
        elif not wait:
            in_hand.keep(taken, self._session)
        else:
            in_hand.look_again(taken, wait)

    def _tried(self, row: Row, outcome: Outcome, error: TransportError | None) -> None:
        now = time.time()
        if error is not None and error.slow_down:
            self._pace.slow_down(now)
        self._pace.sent(now)
        self._on_try(row, outcome, error)

    def _wait_out(self, error: CiceroError) -> None:
        log.warning("waiting: %s", error)
        self._stop.wait(_PAUSE_SECONDS)
