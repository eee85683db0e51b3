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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.invocation import schedule_event, sqs_event
from local.resources import sqs_client
from local.worker import Answer, Worker, WorkerDied

log = logging.getLogger(__name__)

Observer = Callable[[str, int], None]

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.3
_DEAD_LETTER_SECONDS = 1.0
_ASYNC_TRIES = 3


@dataclass
class Totals:
    """What the invocations since the last `take` cost and how they ended."""

    api_requests: int = 0
    sql_round_trips: int = 0
    invocations: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    worker_deaths: int = 0


class Runner:
    """A pool of `workers` over the app's queues. `now` stands in for the clock while it is set.

    `twice`: every message is handled two times, the second beside the first. `observe` is told
    each invocation's handler and process id just before it starts.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        workers: int = 8,
        visibility: int = 5,
        twice: bool = False,
        observe: Observer = lambda handler, pid: None,
    ) -> None:
        self._environment = environment
        self._size = workers
        self._visibility = visibility
        self._copies = 2 if twice else 1
        self._observe = observe
        self.now: datetime | None = None
        self._workers: SimpleQueue[Worker] = SimpleQueue()
        self.all_workers: list[Worker] = []
        self._threads = ThreadPoolExecutor(workers)
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._in_flight: dict[str, str] = {}  # receipt handle → queue URL
        self._busy = 0
        self._dead_looked = 0.0
        self.totals = Totals()

    def __enter__(self) -> Self:
        self._sqs = sqs_client(self._endpoint())
        for _ in range(self._size):
            worker = Worker(self._environment)
            self.all_workers.append(worker)
            self._workers.put(worker)
        self._mappings = self._read_mappings()
        self._feeder.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._feeder.join()
        for worker in self.all_workers:
            worker.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._sqs.close()

    def fire(self, handler: str, at: datetime) -> Answer:
        """A schedule's event; as Lambda does for such events, tried three times."""
        for attempt in range(1, _ASYNC_TRIES + 1):
            try:
                answer = self.invoke(handler, schedule_event(at))
            except WorkerDied:
                continue
            if answer.error is None or attempt == _ASYNC_TRIES:
                return answer
        raise WorkerDied(handler)

    def invoke(self, handler: str, event: Any) -> Answer:
        """Runs a handler now and answers what came of it. Raises WorkerDied."""
        worker = self._workers.get()
        try:
            self._observe(handler, worker.pid)
            answer = worker.invoke(handler, event, self.now)
        except WorkerDied:
            with self._lock:
                self.totals.worker_deaths += 1
            raise
        finally:
            self._workers.put(worker)
        self._count(answer)
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
        """Receives while workers are free, later stages first, and keeps messages invisible.

        An idle queue is looked at ever less often, dead letters once a second.
        """
        renewed, idle = time.monotonic(), _SHORTEST_PAUSE
        while not self._stop.is_set():
            if time.monotonic() - renewed > self._visibility / 3:
                self._renew()
                renewed = time.monotonic()
            try:
                received = any([self._receive(queue) for queue in self._due()])
            except (BotoCoreError, ClientError) as error:
                log.warning("SQS: %s", error)
                received = False
            idle = _SHORTEST_PAUSE if received else min(idle * 2, _LONGEST_PAUSE)
            if not received:
                self._stop.wait(idle)

    def _due(self) -> list[str]:
        now = time.monotonic()
        dead = now - self._dead_looked > _DEAD_LETTER_SECONDS
        if dead:
            self._dead_looked = now
        return [queue for queue in self._mappings if dead or not queue.endswith("-dlq")]

    def _receive(self, queue: str) -> int:
        with self._lock:
            free = (self._size - self._busy) // self._copies
        if free <= 0:
            return 0
        received = self._sqs.receive_message(
            QueueUrl=self._mappings[queue][1],
            MaxNumberOfMessages=min(10, free),
            VisibilityTimeout=self._visibility,
            AttributeNames=["ApproximateReceiveCount"],
        )
        messages = received.get("Messages", [])
        for message in messages:
            self._hand_out(queue, message)
        return len(messages)

    def _hand_out(self, queue: str, message: dict[str, Any]) -> None:
        handler, url = self._mappings[queue]
        with self._lock:
            self._busy += self._copies
            self._in_flight[message["ReceiptHandle"]] = url
        event = sqs_event(message, queue)
        copies = [self._threads.submit(self._handle, handler, event) for _ in range(self._copies)]
        threading.Thread(target=self._settle, args=(url, message, copies), daemon=True).start()

    def _handle(self, handler: str, event: Any) -> bool:
        try:
            answer = self.invoke(handler, event)
        except WorkerDied:
            log.warning("%s: the worker died; its message comes back", handler)
            return False
        finally:
            with self._lock:
                self._busy -= 1
        if answer.error is not None:
            log.warning("%s: %s", handler, answer.error)
        return answer.error is None

    def _settle(self, url: str, message: dict[str, Any], copies: list[Future[bool]]) -> None:
        good = all([copy.result() for copy in copies])
        with self._lock:
            self._in_flight.pop(message["ReceiptHandle"], None)
        if good:
            with suppress(ClientError):  # a message that came back meanwhile is deleted then
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _renew(self) -> None:
        with self._lock:
            held = list(self._in_flight.items())
        for handle, url in held:
            with suppress(ClientError):  # it was finished, or given back, in this moment
                self._sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=self._visibility
                )

    def _read_mappings(self) -> dict[str, tuple[str, str]]:
        """Queue → (handler, queue URL), the last stage first."""
        registered = self.all_workers[0].mappings
        return {
            queue: (handler, self._sqs.get_queue_url(QueueName=queue)["QueueUrl"])
            for queue, handler in reversed(registered.items())
        }

    def _endpoint(self) -> str:
        env = self._environment
        return env.get("AWS_ENDPOINT_URL_SQS") or env["AWS_ENDPOINT_URL"]

    def _count(self, answer: Answer) -> None:
        with self._lock:
            totals = self.totals
            totals.invocations += 1
            totals.api_requests += answer.api_requests
            totals.sql_round_trips += answer.sql_round_trips
            if answer.kind:
                totals.errors[answer.kind] = totals.errors.get(answer.kind, 0) + 1
