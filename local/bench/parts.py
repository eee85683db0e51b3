"""Where a slot's time goes, between the schedule's event and the last message."""

from __future__ import annotations

import io
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

from local.bench.load import SLOT
from local.stack import Stack
from local.worker import Returned

FETCH, ENGAGEMENT = "fetch_posts", "refresh_engagement"
PARTS = ("wait", "fetch", "hand_over", "engagement")


class Jobs:
    """When each handler's runs began and ended; for a Runner's `observe` and `listen`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[int, float] = {}
        self.runs: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def begins(self, _handler: str, pid: int) -> None:
        with self._lock:
            self._running[pid] = time.monotonic()

    def ends(self, handler: str, pid: int, _answer: Returned) -> None:
        with self._lock:
            self.runs[handler].append((self._running.pop(pid), time.monotonic()))


def parts_of(
    runs: Mapping[str, Sequence[tuple[float, float]]], dispatched: float
) -> dict[str, float]:
    """The mean client's seconds after `dispatched`, which add up to the end of its refresh: until a
    worker has its job, the job itself, and the same of the second stage. Pure."""
    stages = [runs[FETCH], runs[ENGAGEMENT]]
    ends = [mean(moments) for stage in stages for moments in zip(*stage, strict=True)]
    steps = zip(PARTS, [dispatched, *ends], ends, strict=False)
    return {part: round(until - since, 3) for part, since, until in steps}


class Messages:
    """How often the host has tried to send, and when last; None before the first try."""

    tries = 0
    last: float | None = None

    def __call__(self, *_: Any) -> None:
        self.tries += 1
        self.last = time.monotonic()


@contextmanager
def sending(stack: Stack, journal: Path) -> Iterator[Messages]:
    """The consumer of the WhatsApp host over this stack, with the console transport, unpaced."""
    from wa_session_host.sending.console import ConsoleTransport
    from wa_session_host.sending.consumer import Consumer

    runtime, stop, sent = stack.runtime(), threading.Event(), Messages()
    runtime.set_clock(lambda: SLOT.at)
    transport = ConsoleTransport(journal, io.StringIO())
    consumer = Consumer(runtime, transport, stop, on_try=sent)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()
        transport.close()
        runtime.close()
