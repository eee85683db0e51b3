"""The queue messages that this host has taken and not finished: nobody else sees them meanwhile.

A message is taken once and stays in hand, however long its account's pace, a slow send or an
outage makes it wait: its visibility is extended before it ends. So waiting costs no receive
count, and a message that a dead host had in hand comes back within one visibility timeout.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Any

from chalicelib import queues
from chalicelib.errors import BadInput
from chalicelib.jobs import OutboundMessage
from chalicelib.queues import Queues, QueueUnavailable

log = logging.getLogger(__name__)

MOST = 500
"""Messages in hand for one session; what is received beyond is given back for a minute."""

_BATCH = 10
_LONGEST_VISIBILITY = 12 * 3600
_NOT_NOW = timedelta(seconds=60)


@dataclass(eq=False)
class Taken:
    """A message in hand: what it says, and when it must be hidden anew."""

    message: OutboundMessage
    receipt: str
    hidden_since: float


class InHand:
    """What was received, by session. Safe to use from several threads.

    `sessions`: those that this host serves; None: whatever the messages name. Once `owned()` is
    false everything is given back, for another host may send it now.
    """

    def __init__(
        self,
        client: Any,
        url: str,
        sessions: Collection[str] | None = None,
        owned: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client = client
        self._url = url
        self._sessions = sessions
        self._owned = owned
        self._lock = Lock()
        self._waiting: defaultdict[str | None, deque[Taken]] = defaultdict(deque)
        self._all: defaultdict[str | None, set[Taken]] = defaultdict(set)
        self._stop = Event()
        self._visibility = self._queue_visibility()
        self.thread = Thread(target=self._keep_hidden, name="in hand", daemon=True)
        self.thread.start()

    def next(self, session: str | None) -> Taken | None:
        """The oldest message in hand for the session (None: for any), which then is the
        caller's to finish."""
        with self._lock:
            waiting = self._waiting[session]
            return waiting.popleft() if waiting else None

    def count(self, session: str | None) -> int:
        """How many are in hand for the session."""
        return len(self._all[session])

    def full(self, session: str | None) -> bool:
        return self.count(session) >= MOST

    def receive(self, seconds: int) -> None:
        """Takes up to ten messages, waiting so long for the first. Raises QueueUnavailable."""
        answer = self._call("receive_message", MaxNumberOfMessages=_BATCH, WaitTimeSeconds=seconds)
        for raw in answer.get("Messages", []):
            self._sort(raw)

    def keep(self, taken: Taken) -> None:
        """Puts a message back to the front: it was not finished, and is tried next."""
        session = self._session(taken.message)
        with self._lock:
            if taken in self._all[session]:
                self._waiting[session].appendleft(taken)

    def finish(self, taken: Taken) -> None:
        """Deletes the message from the queue. Raises QueueUnavailable; it then comes back."""
        self._let_go(taken)
        self._call("delete_message", ReceiptHandle=taken.receipt)

    def look_again(self, taken: Taken, wait: timedelta) -> None:
        """Gives the message back, out of sight for so long, in its place in the queue."""
        self._let_go(taken)
        self._return(taken.receipt, wait)

    def close(self) -> None:
        """Gives everything back at once."""
        self._stop.set()
        self.thread.join()
        self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            every = self._every()
            self._all.clear()
            self._waiting.clear()
        for few in queues.batches(every):
            with suppress(QueueUnavailable):
                self._change(few, 0)

    def _every(self) -> list[Taken]:
        return [taken for some in self._all.values() for taken in some]

    def _session(self, message: OutboundMessage) -> str | None:
        return None if self._sessions is None else message.session

    def _sort(self, raw: dict[str, Any]) -> None:
        receipt = raw["ReceiptHandle"]
        try:
            message = OutboundMessage.parse(raw["Body"])
        except BadInput as error:
            log.error("a queue message is not usable and goes to the dead letters: %s", error)
            self._return(receipt, timedelta(0))
            return
        if self._sessions is not None and message.session not in self._sessions:
            log.error("a queue message is for an account that this host does not serve")
            self._return(receipt, _NOT_NOW)
            return
        session = self._session(message)
        if self.full(session):
            self._return(receipt, _NOT_NOW)
            return
        taken = Taken(message, receipt, time.monotonic())
        with self._lock:
            self._all[session].add(taken)
            self._waiting[session].append(taken)

    def _let_go(self, taken: Taken) -> None:
        session = self._session(taken.message)
        with self._lock:
            self._all[session].discard(taken)
            with suppress(ValueError):
                self._waiting[session].remove(taken)

    def _keep_hidden(self) -> None:
        while not self._stop.wait(self._visibility / 6):
            if not self._owned():
                self._give_back()
                continue
            due = time.monotonic() - self._visibility / 3
            with self._lock:
                old = [taken for taken in self._every() if taken.hidden_since <= due]
            for few in queues.batches(old):
                self._hide(few)

    def _hide(self, few: list[Taken]) -> None:
        now = time.monotonic()
        try:
            refused = self._change(few, self._visibility)
        except QueueUnavailable as error:
            log.warning("messages in hand may come back early: %s", error)
            return
        for taken in few:
            taken.hidden_since = now
        for taken in refused:  # after twelve hours, or where it came back already
            self._let_go(taken)

    def _change(self, few: list[Taken], visibility: int) -> list[Taken]:
        """Hides the messages for so many seconds; those for which SQS refused it."""
        entries = [
            {"Id": str(number), "ReceiptHandle": taken.receipt, "VisibilityTimeout": visibility}
            for number, taken in enumerate(few)
        ]
        answer = self._call("change_message_visibility_batch", Entries=entries)
        return [few[int(entry["Id"])] for entry in answer.get("Failed", [])]

    def _return(self, receipt: str, wait: timedelta) -> None:
        seconds = min(int(wait.total_seconds() + 0.5), _LONGEST_VISIBILITY)
        self._call("change_message_visibility", ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def _queue_visibility(self) -> int:
        answer = self._call("get_queue_attributes", AttributeNames=["VisibilityTimeout"])
        return max(1, int(answer["Attributes"]["VisibilityTimeout"]))

    def _call(self, name: str, **arguments: Any) -> Any:
        with queues.reading_errors(queues.OUTBOUND):
            return getattr(self._client, name)(QueueUrl=self._url, **arguments)


def open_in_hand(
    service: Queues,
    sessions: Collection[str] | None = None,
    owned: Callable[[], bool] = lambda: True,
) -> InHand:
    """What is in hand of the stage's FIFO queue. Raises QueueUnavailable."""
    return InHand(service.client, service.url(queues.OUTBOUND), sessions, owned)
