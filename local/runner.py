"""Lambda, EventBridge and SQS's event source mappings, as one machine plays them.

Reads the handlers that app.py registers, moves messages from their queues to a pool of worker
processes, and deletes a message when its handler returned. What fails, or dies with its worker,
comes back when its visibility timeout has passed, and goes to the dead letters by the queue's own
redrive policy. While a worker lives its message stays invisible.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.invocation import schedule_event, sqs_event
from local.queue_clock import QueueClock
from local.resources import sqs_client
from local.worker import Returned, Worker, WorkerDied, WorkerUnusable

log = logging.getLogger(__name__)

Observer = Callable[[str, int], None]
Listener = Callable[[str, int, Returned], None]

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.3
_DEAD_LETTER_SECONDS = 1.0
_ASYNC_TRIES = 3
_BATCH = 10


@dataclass
class Totals:
    """What the invocations since the last `take` cost and how they ended."""

    api_requests: int = 0
    sql_round_trips: int = 0
    invocations: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    queue_seconds: float = 0.0


@dataclass
class _Mapping:
    """A queue, its handler, and when it is looked at next: ever less often while it is empty."""

    queue: str
    handler: str
    url: str
    due: float = 0.0
    pause: float = _SHORTEST_PAUSE

    def looked(self, found: bool) -> None:
        """Was looked at now: again at once if something was found, else after a pause."""
        longest = _DEAD_LETTER_SECONDS if self._dead else _LONGEST_PAUSE
        self.pause = _SHORTEST_PAUSE if found else min(self.pause * 2, longest)
        self.due = time.monotonic() + (0 if found else self.pause)

    def look_soon(self) -> None:
        """A handler has ended, and may have sent something here; never a dead letter."""
        if not self._dead:
            self.due, self.pause = 0.0, _SHORTEST_PAUSE

    @property
    def _dead(self) -> bool:
        return self.queue.endswith("-dlq")


@dataclass
class _Flight:
    """A received message on its way through so many copies of its handler."""

    url: str
    receipt: str
    copies: int
    good: bool = True


class Runner:
    """A pool of `workers` over the app's queues. `now` stands in for the clock while it is set.

    `twice`: every message is handled two times, the second beside the first. `observe` is told
    each invocation's handler and process id just before it starts, `listen` its answer too, after
    it. Workers are warm when the `with` block begins.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        workers: int = 8,
        visibility: int = 5,
        twice: bool = False,
        observe: Observer = lambda handler, pid: None,
        listen: Listener = lambda handler, pid, answer: None,
    ) -> None:
        self._environment = environment
        self._size = workers
        self._visibility = visibility
        self._copies = 2 if twice else 1
        self._observe = observe
        self._listen = listen
        self.now: datetime | None = None
        self._workers: SimpleQueue[Worker] = SimpleQueue()
        self.all_workers: list[Worker] = []
        self._threads = ThreadPoolExecutor(workers)
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._news = threading.Event()  # a worker is free again
        self._in_flight: dict[str, _Flight] = {}  # by receipt handle
        self._handled: list[_Flight] = []  # to be deleted
        self._busy = 0
        self._unusable: WorkerUnusable | None = None
        self._broken = threading.Event()  # it is set
        self.queue_clock = QueueClock()
        self.totals = Totals()

    def __enter__(self) -> Self:
        self._sqs = sqs_client(self._endpoint())
        self.queue_clock.attach(self._sqs)
        for _ in range(self._size):
            worker = Worker(self._environment)
            self.all_workers.append(worker)
            self._workers.put(worker)
        try:
            self._mappings = self._read_mappings()
        except BaseException:
            self._end_workers()
            raise
        self._feeder.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._news.set()
        self._feeder.join()
        with suppress(BotoCoreError, ClientError):
            self._delete_handled()
        self._end_workers()

    def _end_workers(self) -> None:
        for worker in self.all_workers:
            worker.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._sqs.close()

    def rest(self, seconds: float) -> None:
        """Waits so long; raises WorkerUnusable as soon as workers cannot be started any more."""
        if self._broken.wait(seconds) and self._unusable:
            raise self._unusable

    def fire(self, handler: str, at: datetime) -> Returned:
        """A schedule's event; as Lambda does for such events, tried three times."""
        for attempt in range(1, _ASYNC_TRIES + 1):
            try:
                answer = self.invoke(handler, schedule_event(at))
            except WorkerDied:
                continue
            if answer.error is None or attempt == _ASYNC_TRIES:
                return answer
        raise WorkerDied(handler)

    def invoke(self, handler: str, event: Any) -> Returned:
        """Runs a handler now and returns what came of it. Raises WorkerDied."""
        worker = self._workers.get()
        pid = worker.pid
        try:
            self._observe(handler, pid)
            answer = worker.invoke(handler, event, self.now)
        finally:
            self._workers.put(worker)
        self._count(answer)
        self._listen(handler, pid, answer)
        return answer

    def idle(self) -> bool:
        """Whether no message is being handled; more may be on its way."""
        with self._lock:
            return self._busy == 0

    def take_totals(self) -> Totals:
        """The totals since the last call."""
        with self._lock:
            taken, self.totals = self.totals, Totals()
        return taken

    def _feed(self) -> None:
        """Receives while workers are free, later stages first, and keeps messages invisible."""
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
            self._stop.wait(_SHORTEST_PAUSE)
            self._news.wait(self._until_due())
            self._news.clear()

    def _until_due(self) -> float:
        """Seconds until a queue is looked at; a while, if there is no worker for what it has."""
        if not self._free():
            return _LONGEST_PAUSE
        return max(0.0, min(mapping.due for mapping in self._mappings) - time.monotonic())

    def _free(self) -> int:
        with self._lock:
            return (self._size - self._busy) // self._copies

    def _receive_due(self) -> None:
        for mapping in self._mappings:
            while mapping.due <= time.monotonic() and (free := self._free()):
                found = False
                try:
                    found = self._receive(mapping, min(_BATCH, free))
                finally:
                    mapping.looked(found)

    def _receive(self, mapping: _Mapping, most: int) -> bool:
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

    def _hand_out(self, mapping: _Mapping, message: dict[str, Any]) -> None:
        flight = _Flight(mapping.url, message["ReceiptHandle"], self._copies)
        with self._lock:
            self._busy += self._copies
            self._in_flight[flight.receipt] = flight
        event = sqs_event(message, mapping.queue)
        for _ in range(self._copies):
            self._threads.submit(self._handle, mapping, event, flight)

    def _handle(self, mapping: _Mapping, event: Any, flight: _Flight) -> None:
        error: str | None = "the worker died; its message comes back"
        try:
            error = self.invoke(mapping.handler, event).error
        except WorkerDied:
            pass
        except WorkerUnusable as unusable:
            self._unusable = unusable
            self._broken.set()
        finally:
            self._landed(flight, good=error is None)
        if error is not None:
            log.warning("%s: %s", mapping.handler, error)

    def _landed(self, flight: _Flight, good: bool) -> None:
        """One copy's end; after the last one the message is deleted, if all went well."""
        with self._lock:
            self._busy -= 1
            flight.copies -= 1
            flight.good = flight.good and good
            if not flight.copies:
                del self._in_flight[flight.receipt]
                if flight.good:
                    self._handled.append(flight)
            for mapping in self._mappings:
                mapping.look_soon()
        self._news.set()

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

    def _read_mappings(self) -> list[_Mapping]:
        """The app's queues, the last stage first."""
        registered, *_ = [worker.mappings for worker in self.all_workers]
        return [
            _Mapping(queue, handler, self._sqs.get_queue_url(QueueName=queue)["QueueUrl"])
            for queue, handler in reversed(registered.items())
        ]

    def _endpoint(self) -> str:
        env = self._environment
        return env.get("AWS_ENDPOINT_URL_SQS") or env["AWS_ENDPOINT_URL"]

    def _count(self, answer: Returned) -> None:
        with self._lock:
            totals = self.totals
            totals.invocations += 1
            totals.api_requests += answer.api_requests
            totals.sql_round_trips += answer.sql_round_trips
            totals.queue_seconds += answer.queue_seconds
            if answer.kind:
                totals.errors[answer.kind] = totals.errors.get(answer.kind, 0) + 1
