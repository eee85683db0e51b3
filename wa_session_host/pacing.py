"""How fast an account may send: a gap with jitter, an hourly cap, slower after a complaint.

Pure: seconds of any clock that does not go back come in, waiting times go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HOUR = 3600.0
SLOW_SECONDS = 900.0
"""How long twice the gap is kept after WhatsApp asked to slow down."""


@dataclass(frozen=True)
class Limits:
    """`gap` in seconds, drawn anew for each message within ± `jitter` (0 to 1) of it."""

    gap: float = 0.0
    jitter: float = 0.0
    per_hour: int | None = None


class Pace:
    """One account's pace. `draw(low, high)` is `random.uniform`, or a test's."""

    def __init__(
        self,
        limits: Limits,
        draw: Callable[[float, float], float],
        earlier: Iterable[float] = (),
    ) -> None:
        self._limits = limits
        self._draw = draw
        self._sent = deque(sorted(earlier))
        self._next = self._sent[-1] + limits.gap if self._sent else 0.0
        self._slow_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next message may go out; 0: now."""
        return max(0.0, self._next - now, self._until_under_cap(now))

    def sent(self, now: float) -> None:
        """Notes a try that reached WhatsApp, or may have."""
        self._sent.append(now)
        gap = self._limits.gap * (2 if now < self._slow_until else 1)
        spread = gap * self._limits.jitter
        self._next = now + self._draw(gap - spread, gap + spread)

    def slow_down(self, now: float) -> None:
        """Doubles the gap for a quarter of an hour from now, the present one included."""
        self._next = max(self._next, now + 2 * self._limits.gap)
        self._slow_until = now + SLOW_SECONDS

    def slow(self, now: float) -> bool:
        return now < self._slow_until

    def _until_under_cap(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - HOUR:
            self._sent.popleft()
        cap = self._limits.per_hour
        if cap is None or len(self._sent) < cap:
            return 0.0
        return self._sent[len(self._sent) - cap] + HOUR - now
