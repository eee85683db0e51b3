"""How long a process has waited for SQS."""

from __future__ import annotations

import threading
import time
from typing import Any


class QueueClock:
    """Adds up the seconds of a boto3 client's calls, whatever thread makes them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()
        self._started = threading.local()

    def attach(self, client: Any) -> None:
        """Counts this client's calls from now on."""
        events = client.meta.events
        events.register("before-call.sqs", self._start)
        events.register("after-call.sqs", self._stop)
        events.register("after-call-error.sqs", self._stop)

    def _start(self, **_: Any) -> None:
        self._started.at = time.perf_counter()

    def _stop(self, **_: Any) -> None:
        with self._lock:
            self.seconds += time.perf_counter() - self._started.at
