"""A clock that only waiting moves."""

from __future__ import annotations

from threading import Lock


class Time:
    """Seconds since the start. Those who wait at once wait together, as threads do."""

    def __init__(self) -> None:
        self._now = 0.0
        self._lock = Lock()

    def __call__(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        """Moves the clock to the end of the wait."""
        ends = self._now + seconds
        with self._lock:
            self._now = max(self._now, ends)
