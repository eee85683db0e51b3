"""Lambda, EventBridge and SQS's event source mappings, as one machine plays them.

Reads the handlers that app.py registers and runs them in a pool of worker processes: for
schedules (`fire`), for people (`invoke`), and for the messages in the app's queues
(`local.event_sources`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from queue import LifoQueue
from typing import Any, Self

from local import event_sources
from local.event_sources import EventSources
from local.invocation import schedule_event
from local.queue_clock import QueueClock
from local.resources import sqs_client
from local.worker import Returned, Worker, WorkerDied, WorkerUnusable

log = logging.getLogger(__name__)

Observer = Callable[[str, int], None]
Listener = Callable[[str, int, Returned], None]

_ASYNC_TRIES = 3
_WORKERS_PER_NEXT = 4  # so many workers share one message that waits for the first of them


@dataclass
class Totals:
    """What the invocations since the last `take_totals` cost and how they ended."""

    api_requests: int = 0
    sql_round_trips: int = 0
    invocations: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    queue_seconds: float = 0.0


class Runner:
    """A pool of `workers` over the app's queues. `now` stands in for the clock while it is set.

    `twice`: every message is handled two times, both at once. `observe` is told each invocation's
    handler and process id just before it starts, `listen` its answer too, after it. Workers are
    warm when the `with` block begins.
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
        self._workers: LifoQueue[Worker] = LifoQueue()  # the one used last is the warmest
        self.all_workers: list[Worker] = []
        self._lock = threading.Lock()
        self._unusable: WorkerUnusable | None = None
        self._broken = threading.Event()  # `_unusable` is set
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
            mappings = self._read_mappings()
        except BaseException:
            self._end_workers()
            raise
        most = self._size + max(1, self._size // _WORKERS_PER_NEXT)
        self._sources = EventSources(
            self._sqs, mappings, self._handle, most, self._copies, self._visibility
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sources.stop()
        self._end_workers()
        self._sources.join()

    def rest(self, seconds: float) -> None:
        """Waits `seconds`; raises WorkerUnusable as soon as no worker can be started any more."""
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
        answer = self._run(handler, event)
        self._sources.poll_soon()
        return answer

    def _run(self, handler: str, event: Any) -> Returned:
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
        return self._sources.idle()

    def take_totals(self) -> Totals:
        """The totals since the last call."""
        with self._lock:
            taken, self.totals = self.totals, Totals()
        return taken

    def _end_workers(self) -> None:
        for worker in self.all_workers:
            worker.stop()
        self._sqs.close()

    def _handle(self, handler: str, event: dict[str, Any]) -> bool:
        error: str | None = "the worker died; its message comes back"
        try:
            error = self._run(handler, event).error
        except WorkerDied:
            pass
        except WorkerUnusable as unusable:
            self._unusable = unusable
            self._broken.set()
        if error is not None:
            log.warning("%s: %s", handler, error)
        return error is None

    def _read_mappings(self) -> list[event_sources.Mapping]:
        """The app's queues, the last stage first."""
        registered, *_ = [worker.mappings for worker in self.all_workers]
        return [
            event_sources.Mapping(
                queue, handler, self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            )
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
