"""What is left of an invocation, for everything that waits. Pure: the clock is the context's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_FOR_A_CALL = 60.0
_FOR_WRITING = 30.0
_SHARE = 3  # of a short limit, no more than one part in so many is kept back
_LONGEST = 900.0  # seconds, of Lambda


@dataclass(frozen=True)
class Deadline:
    """When an invocation's reading and waiting have to end, so that what was read is written.

    `remaining` tells how many seconds the invocation has. Reading begins nothing new when fewer
    than `for_a_call` are left, and what is under way ends when `for_writing` are left. `sleep`
    is how to wait.
    """

    remaining: Callable[[], float] = lambda: math.inf
    for_a_call: float = _FOR_A_CALL
    for_writing: float = _FOR_WRITING
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, context: Any, sleep: Callable[[float], None] = time.sleep) -> Deadline:
        """That of an invocation which begins now. Without a Lambda context nothing limits it."""
        millis = getattr(context, "get_remaining_time_in_millis", None)
        if millis is None:
            return cls(sleep=sleep)
        kept = min(_FOR_A_CALL, millis() / 1000 / _SHARE)
        return cls(lambda: millis() / 1000, kept, kept * _FOR_WRITING / _FOR_A_CALL, sleep)

    def has_time(self) -> bool:
        """Whether something may still be begun: a page, a batch."""
        return self.remaining() >= self.for_a_call

    def fits(self, seconds: float) -> bool:
        """Whether there will be time to begin something after a wait of `seconds`."""
        return min(self.remaining(), _LONGEST) - seconds >= self.for_a_call

    def left(self) -> float:
        """How many seconds a call, or a wait, may take at most; not below 0."""
        return max(0.0, min(self.remaining(), _LONGEST) - self.for_writing)


UNLIMITED = Deadline()
