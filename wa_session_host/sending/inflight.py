"""The queue messages that this host has taken and not finished: nobody else sees them meanwhile.

A message is taken once and stays in hand, however long its account's pace, a slow send, an outage
or the time until its next try makes it wait: its visibility is extended before it ends. So waiting
does not raise the receive count, and a message that a dead host had in hand comes back within one
visibility timeout; with more than a few thousand in hand, later.

There is no limit: only ids are in hand, and returning some would let them be received again, until
the queue takes them for dead letters. SQS delivers no more than ten messages of a chat before the
first of them is done, and keeps none hidden for more than twelve hours: then a message that still
waits is received again.
"""

from __future__ import annotations

import heapq
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Self

from chalicelib import queues
from chalicelib.errors import BadInput
from chalicelib.jobs import OutboundMessage
from chalicelib.queues import Queues, QueueUnavailable
from wa_session_host.sending.fifo_queue import BATCH, LONGEST_VISIBILITY, FifoQueue

log = logging.getLogger(__name__)

_AT_ONCE = 10 * BATCH
_NOT_NOW_SECONDS = 60
_SECONDS_EACH = 0.025
"""What each message in hand adds to the time that all are hidden for: so a dozen calls a second
keep any number hidden."""


@dataclass(eq=False)
class Taken:
    """A message in hand: its content, since when and for how long it is hidden, and when it may be
    tried (in seconds of `time.monotonic`)."""

    message: OutboundMessage
    receipt: str
    hidden_since: float
    hidden_for: float
    due: float = 0.0

    @property
    def hidden_until(self) -> float:
        return self.hidden_since + self.hidden_for


class InHand:
    """What was received, by session. Safe to use from several threads.

    `sessions`: those that this host serves; None: whatever the messages name. Once `owned()` is
    false everything is returned to the queue, because another host may send it now.
    """

    def __init__(
        self,
        queue: FifoQueue,
        sessions: Collection[str] | None = None,
        owned: Callable[[], bool] = lambda: True,
    ) -> None:
        self._queue = queue
        self._sessions = sessions
        self._owned = owned
        self._lock = Lock()
        self._hands: defaultdict[str | None, dict[Taken, None]] = defaultdict(dict)
        self._stop = Event()
        self.thread = Thread(target=self._keep_hidden, name="in hand", daemon=True)

    def start(self) -> Self:
        """Starts to keep what is received hidden, until `close`."""
        self.thread.start()
        return self

    def next(self, session: str | None) -> Taken | None:
        """The oldest message in hand for the session (None: for any) that may be tried; the caller
        must then finish it. A message whose chat has an older one in hand may not be tried."""
        now = time.monotonic()
        with self._lock:
            for taken in self._first_of_chats(session):
                if taken.due <= now:
                    taken.due = math.inf
                    return taken
        return None

    def wait(self, session: str | None) -> float:
        """Seconds until the next message in hand may be tried; infinite where there is none."""
        with self._lock:
            due = min((taken.due for taken in self._first_of_chats(session)), default=math.inf)
        return max(0.0, due - time.monotonic())

    def count(self, session: str | None) -> int:
        """How many are in hand for the session."""
        return len(self._hands[session])

    def receive(self, seconds: int) -> None:
        """Takes up to ten messages, waiting `seconds` at most for the first. Raises
        QueueUnavailable."""
        for receipt, body in self._queue.receive(seconds):
            self._sort(receipt, body)

    def release(self, taken: Taken, wait: timedelta) -> None:
        """The message was not finished, and may be tried again after `wait`; it keeps its place."""
        taken.due = time.monotonic() + wait.total_seconds()

    def ack(self, taken: Taken) -> None:
        """Deletes the message from the queue. Raises QueueUnavailable; then it comes back."""
        self._let_go(taken)
        self._queue.delete(taken.receipt)

    def close(self) -> None:
        """Returns everything to the queue at once."""
        self._stop.set()
        self.thread.join()
        self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            every = self._every()
            self._hands.clear()
        for few in queues.batches(every):
            with suppress(QueueUnavailable):
                self._queue.hide([taken.receipt for taken in few], 0)

    def _every(self) -> list[Taken]:
        return [taken for hand in self._hands.values() for taken in hand]

    def _first_of_chats(self, session: str | None) -> Iterator[Taken]:
        seen: set[str] = set()
        for taken in self._hands[session]:
            if taken.message.chat not in seen:
                seen.add(taken.message.chat)
                yield taken

    def _session(self, message: OutboundMessage) -> str | None:
        return None if self._sessions is None else message.session

    def _sort(self, receipt: str, body: str) -> None:
        try:
            message = OutboundMessage.parse(body)
        except BadInput as error:
            log.error("a queue message is not usable and goes to the dead letters: %s", error)
            self._queue.give_back(receipt, 0)
            return
        if self._sessions is not None and message.session not in self._sessions:
            log.error("a queue message is for an account that this host does not serve")
            self._queue.give_back(receipt, _NOT_NOW_SECONDS)
            return
        taken = Taken(message, receipt, time.monotonic(), self._queue.visibility)
        with self._lock:
            self._hands[self._session(message)][taken] = None

    def _let_go(self, taken: Taken) -> None:
        with self._lock:
            self._hands[self._session(taken.message)].pop(taken, None)

    def _keep_hidden(self) -> None:
        while not self._stop.wait(self._queue.visibility / 6):
            if not self._owned():
                self._give_back()
                continue
            try:
                self._hide_again()
            except QueueUnavailable as error:
                log.warning("messages in hand may come back early: %s", error)

    def _hide_again(self) -> None:
        """Hides messages that have used up a third of their time; those due back soonest first."""
        while not self._stop.is_set():
            now = time.monotonic()
            with self._lock:
                every = self._every()
            old = (taken for taken in every if taken.hidden_since + taken.hidden_for / 3 <= now)
            soonest = heapq.nsmallest(_AT_ONCE, old, key=lambda taken: taken.hidden_until)
            if not soonest:
                break
            seconds = math.ceil(max(self._queue.visibility, len(every) * _SECONDS_EACH))
            for few in queues.batches(soonest):
                self._hide(few, min(seconds, LONGEST_VISIBILITY))

    def _hide(self, few: list[Taken], seconds: int) -> None:
        now = time.monotonic()
        refused = self._queue.hide([taken.receipt for taken in few], seconds)
        for taken in few:
            taken.hidden_since, taken.hidden_for = now, seconds
            if taken.receipt in refused:  # after twelve hours, or if it has already come back
                self._let_go(taken)


def open_in_hand(
    service: Queues,
    sessions: Collection[str] | None = None,
    owned: Callable[[], bool] = lambda: True,
) -> InHand:
    """The messages in hand of the stage's FIFO queue, started. Raises QueueUnavailable."""
    queue = FifoQueue(service.client, service.url(queues.OUTBOUND))
    return InHand(queue, sessions, owned).start()
