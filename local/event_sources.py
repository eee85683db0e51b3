"""SQS's event source mappings: messages from the app's queues to their handlers, as AWS moves them.

A message is deleted when its handler returned. What fails comes back when its visibility timeout
has passed, and goes to the dead letters by the queue's own redrive policy.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.invocation import sqs_event

log = logging.getLogger(__name__)

_SHORTEST_PAUSE = 0.02
_GATHER_SECONDS = 0.01
_LONGEST_PAUSE = 0.3
_DEAD_LETTER_SECONDS = 1.0
_BATCH = 10

Handle = Callable[[str, dict[str, Any]], bool]
"""Runs a handler, by name, with an event; whether it returned. Must not raise."""


@dataclass
class Mapping:
    """A queue, its handler, and when it is polled next: ever less often while it is empty."""

    queue: str
    handler: str
    url: str
    due: float = 0.0
    pause: float = _SHORTEST_PAUSE

    def polled(self, found: bool) -> None:
        """Was polled now: again at once if something was found, else after a pause."""
        longest = _DEAD_LETTER_SECONDS if self._dead else _LONGEST_PAUSE
        self.pause = _SHORTEST_PAUSE if found else min(self.pause * 2, longest)
        self.due = time.monotonic() + (0 if found else self.pause)

    def poll_soon(self) -> None:
        """A handler has ended, and may have sent something here; never a dead letter."""
        if not self._dead:
            self.due, self.pause = 0.0, _SHORTEST_PAUSE

    @property
    def _dead(self) -> bool:
        return self.queue.endswith("-dlq")


@dataclass
class _Flight:
    """A received message on its way through `copies` runs of its handler."""

    url: str
    receipt: str
    copies: int
    good: bool = True


class EventSources:
    """Polls the queues of `mappings`, those listed first first, while fewer than `most` messages
    are in hand, from `start` to `stop`.

    Each message goes through `copies` runs of its handler at the same time. While it is handled it
    is kept invisible, `visibility` seconds at a time.
    """

    def __init__(
        self,
        sqs: Any,
        mappings: Sequence[Mapping],
        handle: Handle,
        most: int,
        copies: int,
        visibility: int,
    ) -> None:
        self._sqs = sqs
        self._mappings = mappings
        self._handle = handle
        self._most = most
        self._copies = copies
        self._visibility = visibility
        self._threads = ThreadPoolExecutor(most)
        self._poller = threading.Thread(target=self._poll, daemon=True)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._news = threading.Event()  # a handler has ended
        self._in_flight: dict[str, _Flight] = {}  # by receipt handle
        self._handled: list[_Flight] = []  # to be deleted
        self._busy = 0

    def start(self) -> Self:
        self._poller.start()
        return self

    def stop(self) -> None:
        """Receives no more, and deletes what was handled."""
        self._stop.set()
        self._news.set()
        self._poller.join()
        with suppress(BotoCoreError, ClientError):
            self._delete_handled()

    def join(self) -> None:
        """Waits for the handlers that still run."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def idle(self) -> bool:
        """Whether no message is being handled; more may be on its way."""
        with self._lock:
            return self._busy == 0

    def poll_soon(self) -> None:
        """A handler has ended, and may have sent something: SQS would wake a poller that waits."""
        with self._lock:
            for mapping in self._mappings:
                mapping.poll_soon()
        self._news.set()

    def _poll(self) -> None:
        renewed = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - renewed > self._visibility / 3:
                self._renew()
                renewed = time.monotonic()
            try:
                self._delete_handled()
                self._receive_due()
            except (BotoCoreError, ClientError) as error:
                log.warning("SQS: %s", error)
            self._stop.wait(_GATHER_SECONDS)  # what ends meanwhile is deleted together
            self._news.wait(self._until_due())
            self._news.clear()

    def _until_due(self) -> float:
        """Seconds until a queue is polled; a while, if there is no worker for what it has."""
        if not self._free():
            return _LONGEST_PAUSE
        return max(0.0, min(mapping.due for mapping in self._mappings) - time.monotonic())

    def _free(self) -> int:
        with self._lock:
            return (self._most - self._busy) // self._copies

    def _receive_due(self) -> None:
        for mapping in self._mappings:
            while mapping.due <= time.monotonic() and (free := self._free()):
                found = False
                try:
                    found = self._receive(mapping, min(_BATCH, free))
                finally:
                    mapping.polled(found)

    def _receive(self, mapping: Mapping, most: int) -> bool:
        received = self._sqs.receive_message(
            QueueUrl=mapping.url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=self._visibility,
            AttributeNames=["ApproximateReceiveCount"],
        )
        messages = received.get("Messages", [])
        for message in messages:
            self._hand_out(mapping, message)
        return bool(messages)

    def _hand_out(self, mapping: Mapping, message: dict[str, Any]) -> None:
        flight = _Flight(mapping.url, message["ReceiptHandle"], self._copies)
        with self._lock:
            self._busy += self._copies
            self._in_flight[flight.receipt] = flight
        event = sqs_event(message, mapping.queue)
        for _ in range(self._copies):
            self._threads.submit(self._fly, mapping.handler, event, flight)

    def _fly(self, handler: str, event: dict[str, Any], flight: _Flight) -> None:
        good = False
        try:
            good = self._handle(handler, event)
        finally:
            self._landed(flight, good)

    def _landed(self, flight: _Flight, good: bool) -> None:
        """One run's end; after the last one the message is deleted, if all went well."""
        with self._lock:
            self._busy -= 1
            flight.copies -= 1
            flight.good = flight.good and good
            if not flight.copies:
                del self._in_flight[flight.receipt]
                if flight.good:
                    self._handled.append(flight)
        self.poll_soon()

    def _delete_handled(self) -> None:
        """Deletes what was handled, in tens; one that came back meanwhile is deleted then."""
        with self._lock:
            handled, self._handled = self._handled, []
        for url in {flight.url for flight in handled}:
            receipts = [flight.receipt for flight in handled if flight.url == url]
            for start in range(0, len(receipts), _BATCH):
                batch = enumerate(receipts[start : start + _BATCH])
                self._sqs.delete_message_batch(
                    QueueUrl=url,
                    Entries=[{"Id": str(i), "ReceiptHandle": receipt} for i, receipt in batch],
                )

    def _renew(self) -> None:
        with self._lock:
            held = list(self._in_flight.values())
        for flight in held:
            with suppress(ClientError):  # it was finished, or given back, in this moment
                self._sqs.change_message_visibility(
                    QueueUrl=flight.url,
                    ReceiptHandle=flight.receipt,
                    VisibilityTimeout=self._visibility,
                )
