"""What is read of all clients, shared by those who look at nearly the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from chalicelib.db import Transaction
from chalicelib.overview.clients import Lines, read_all


class SharedLines:
    """The clients' lines. Who asks first reads them; others get the same, which say when they were
    read, for `seconds`, until the day changes, or until somebody has acted. `clock`: seconds that
    only grow."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._known: Lines | None = None
        self._until = 0.0

    def read(self, tx: Transaction, now: datetime) -> Lines:
        """The lines; as of `now`, or of not long before it. Waits for a read that is under way."""
        with self._lock:
            known = self._known
            if known is None or self._clock() >= self._until or known.read_at.date() != now.date():
                known = self._known = read_all(tx, now)
                self._until = self._clock() + self._seconds
            return known

    def forget(self) -> None:
        """The next one to ask reads them again."""
        with self._lock:
            self._known = None
