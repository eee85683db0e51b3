"""A clock that moves only when something waits."""

from __future__ import annotations

from threading import Lock


class Time:
    """Seconds since the start. Concurrent waits overlap, as those of threads do."""

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
