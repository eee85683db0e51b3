"""How fast an account may send: a gap with jitter, an hourly cap, slower after a complaint.

Pure: takes the time in seconds of any monotonic clock and returns waiting times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

HOUR = 3600.0
SLOW_SECONDS = 900.0
"""How long the gap stays doubled after WhatsApp asked to slow down."""

LONGEST_PAUSE = 300.0
_SLOW_PAUSES = 3
_DOUBLINGS = 20


@dataclass(frozen=True)
class Limits:
    """`gap` in seconds, drawn again for each message within ± `jitter` (0 to 1) of it.

    `pause`: seconds during which nothing goes out after a try that was not sent; three times as
    long if WhatsApp asked to slow down. It doubles with each such try in a row.
    """

    gap: float = 0.0
    jitter: float = 0.0
    per_hour: int | None = None
    pause: float = 0.0


class Pace:
    """One account's pace. `draw(low, high)` is `random.uniform`, or a test's."""

    def __init__(self, limits: Limits, draw: Callable[[float, float], float]) -> None:
        self._limits = limits
        self._draw = draw
        self._sent: deque[float] = deque()
        self._next = 0.0
        self._slow_until = 0.0
        self._failures = 0

    def remember(self, now: float, ages: Iterable[float]) -> None:
        """Takes over messages that went out `ages` seconds ago, from this or another host. Those
        that a wrong clock dated in the future are left out."""
        self._sent = deque(sorted(now - age for age in ages if age >= 0))
        if self._sent:
            self._next = max(self._next, self._sent[-1] + self._limits.gap)

    def wait(self, now: float) -> float:
        """Seconds until the next message may go out; 0 means now."""
        return max(0.0, self._next - now, self._until_under_cap(now))

    def sent(self, now: float) -> None:
        """Notes a try that reached WhatsApp, or may have."""
        self._sent.append(now)
        gap = self._limits.gap * (2 if self.slow(now) else 1)
        spread = gap * self._limits.jitter
        self._next = now + self._draw(gap - spread, gap + spread)

    def recovered(self) -> None:
        """WhatsApp accepted a message, or refused only that one: counts failures from 0."""
        self._failures = 0

    def failed(self, now: float, slow_down: bool) -> None:
        """A try was not sent: all messages pause, so that trouble with the account uses up the
        tries of few. `slow_down` also doubles the gap for a quarter of an hour from now."""
        doublings = min(self._failures, _DOUBLINGS)
        self._failures += 1
        pause = self._limits.pause * (_SLOW_PAUSES if slow_down else 1) * 2.0**doublings
        self._next = max(self._next, now + min(pause, LONGEST_PAUSE))
        if slow_down:
            self._slow_until = now + SLOW_SECONDS
            self._next = max(self._next, now + 2 * self._limits.gap)

    def slow(self, now: float) -> bool:
        return now < self._slow_until

    def _until_under_cap(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - HOUR:
            self._sent.popleft()
        cap = self._limits.per_hour
        if cap is None or len(self._sent) < cap:
            return 0.0
        return self._sent[len(self._sent) - cap] + HOUR - now
