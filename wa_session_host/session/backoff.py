"""How long a session waits before it starts another child. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from wa_session_host.session.snapshot import Times
from wa_session_host.session.states import Child

_LOUD = 5
_DOUBLINGS = 20
_JITTER = 0.25


class Backoff:
    """Doubles with each failure in a row, up to a longest. `draw(low, high)` is `random.uniform`,
    or a test's."""

    def __init__(self, times: Times, draw: Callable[[float, float], float]) -> None:
        self._times = times
        self._draw = draw
        self._failures = 0

    def wait(self, child: Child, banned_until: datetime | None, now: datetime) -> float | None:
        """Seconds until the next child starts, given what becomes of this one; None: until somebody
        acts."""
        match child:
            case Child.RESTART:
                return self._failed()
            case Child.RESTART_NOW:
                return 0.0
            case Child.RETRY_ONCE:
                return self._times.replaced_retry
            case Child.AFTER_BAN if banned_until is not None:
                return (banned_until - now).total_seconds()
            case Child.AFTER_BAN:
                return self._times.unknown_ban
        return None

    @property
    def should_alert(self) -> bool:
        """Whether the last failure was the fifth in a row, which people are told of."""
        return self._failures == _LOUD

    def forget(self) -> None:
        """The session has been up for a while, or a person intervened: counts failures from 0."""
        self._failures = 0

    def _failed(self) -> float:
        doublings = min(self._failures, _DOUBLINGS)
        self._failures += 1
        seconds = min(self._times.backoff * 2.0**doublings, self._times.longest_backoff)
        return seconds * self._draw(1 - _JITTER, 1 + _JITTER)
