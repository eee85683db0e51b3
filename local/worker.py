"""A local Lambda instance: a child process that imports the app and runs handlers.

The parent's side is `Worker`; the child loops over its pipe until the parent goes away. Children
are forked from one server process that has imported everything (`local.warm`), so that fifty of
them cost little more than one.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from chalicelib import logs
from chalicelib.errors import CiceroError
from local.allocator import tune_allocator
from local.invocation import limits_of
from local.profiler import Profiler
from local.queue_clock import QueueClock

log = logging.getLogger(__name__)

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["local.warm"])


_STARTS = 5
_END_SECONDS = 10


class WorkerDied(Exception):
    """The process ended in the middle of an invocation."""


class TimedOut(WorkerDied):
    """The process was killed, as Lambda does, because the function exceeded its time."""


class WorkerUnusable(CiceroError):
    """Several processes in a row ended at their start; the text says how the last one ended."""

    kind = "worker"


@dataclass(frozen=True)
class Returned:
    """The result of an invocation: `error` is None, or the exception's text.

    `queue_seconds` were spent in calls of SQS; `memory` is the process's peak resident memory, in
    bytes.
    """

    value: Any
    error: str | None
    kind: str | None
    api_requests: int
    sql_round_trips: int
    queue_seconds: float = 0.0
    memory: int = 0


class Worker:
    """One worker process, started at once and replaced when it dies, even during its start."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._process, self._pipe = self._spawn()
        self._mappings: dict[str, str] | None = None

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    @property
    def mappings(self) -> dict[str, str]:
        """Queue → handler, as app.py registers them; waits until the app is imported. A process
        that ends before that is replaced; raises WorkerUnusable after five of them."""
        if self._mappings is None:
            self._mappings = self._started()
        return self._mappings

    def invoke(self, handler: str, event: Any, now: datetime | None) -> Returned:
        """Runs a handler of app.py with this event, within its limits. Raises WorkerDied, or
        TimedOut if it exceeded its time, after starting a new process; or WorkerUnusable."""
        limits = limits_of(handler)
        _ = self.mappings
        try:
            self._pipe.send((handler, event, now))
            if not self._pipe.poll(limits.seconds):
                log.error("%s: timed out after %d seconds", handler, limits.seconds)
                raise TimedOut(handler)
            answer: Returned = self._pipe.recv()
        except (EOFError, OSError):
            self._replace()
            raise WorkerDied(handler) from None
        except TimedOut:
            self._replace()
            raise
        if answer.memory > limits.memory:
            used, given = answer.memory >> 20, limits.memory >> 20
            log.error("%s: %d MB resident; Lambda gives %d MB", handler, used, given)
        return answer

    def stop(self) -> None:
        """Kills the process, whatever it is doing."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _started(self) -> dict[str, str]:
        for _ in range(_STARTS):
            try:
                said: dict[str, str] | str = self._pipe.recv()
            except (EOFError, OSError):
                said = self._how_it_ended()
            if not isinstance(said, str):
                return said
            log.warning("worker %d did not start: %s", self.pid, said)
            self._replace()
        raise WorkerUnusable(f"{_STARTS} worker processes ended at their start; the last: {said}")

    def _how_it_ended(self) -> str:
        self._process.join(_END_SECONDS)
        code = self._process.exitcode
        if code is None:
            return "it does not answer"
        return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _replace(self) -> None:
        self.stop()
        self._process, self._pipe = self._spawn()
        self._mappings = None

    def _spawn(self) -> tuple[Any, Connection]:
        ours, theirs = _FORKS.Pipe()
        process = _FORKS.Process(target=serve, args=(theirs, self._environment), daemon=True)
        process.start()
        theirs.close()
        return process, ours


def serve(pipe: Connection, environment: Mapping[str, str]) -> None:
    """The child: first sends its mappings, or why it cannot work; then runs invocations until the
    parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    tune_allocator()
    logs.configure(os.environ.get("LOG_LEVEL", "INFO"), "%(name)s %(message)s")
    try:
        app, clock, profiler = _set_up()
    except (Exception, SystemExit) as problem:  # noqa: BLE001  the parent reports it
        pipe.send(f"{type(problem).__name__}: {problem}")
        return
    sources: list[Any] = app.app.event_sources
    pipe.send({source.queue: source.name for source in sources if hasattr(source, "queue")})
    while True:
        try:
            handler, event, now = pipe.recv()
        except (EOFError, OSError):
            return
        with profiler:
            answer = _run(getattr(app, handler), handler, event, now, clock)
        pipe.send(answer)


def _set_up() -> tuple[Any, QueueClock, Profiler]:
    """The app imported, its runtime in place."""
    import app
    from chalicelib import runtime
    from chalicelib.settings import load_settings

    runtime.use(runtime.Runtime(load_settings(env_file=None)))
    clock = QueueClock()
    clock.attach(runtime.runtime().queues.client)
    return app, clock, Profiler.of_environment()


def _run(function: Any, name: str, event: Any, now: datetime | None, clock: QueueClock) -> Returned:
    from chalicelib.runtime import Counters, runtime
    from local.invocation import Context

    before, queue_before = Counters(Counter(), 0), clock.seconds
    value, error, kind = None, None, None
    try:
        current = runtime()
        current.set_clock((lambda: now) if now else None)
        before = current.counters()
        value = function(event, Context(name))
    except Exception as problem:  # as Lambda does, catch everything and report it
        logging.getLogger(name).debug("failed", exc_info=True)
        error, kind = str(problem) or type(problem).__name__, type(problem).__name__
    spent = runtime().counters() - before if kind != "ConfigurationError" else before
    return Returned(
        value,
        error,
        kind,
        spent.api_requests,
        spent.sql_round_trips,
        clock.seconds - queue_before,
        _peak_memory(),
    )


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
