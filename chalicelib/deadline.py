"""How much of an invocation is left, for everything that waits. Pure: the clock is the
context's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_FOR_A_CALL = 60.0
_FOR_WRITING = 30.0
_SHARE = 3  # at most a third of a short limit is held back
_LONGEST = 900.0  # seconds, Lambda's own limit


@dataclass(frozen=True)
class Deadline:
    """When an invocation's reading and waiting must end, so that what was read is still written.

    `remaining` returns how many seconds the invocation has left. Reading starts nothing new when
    fewer than `for_a_call` are left, and what is under way ends when `for_writing` are left.
    `sleep` is how to wait.
    """

    remaining: Callable[[], float] = lambda: math.inf
    for_a_call: float = _FOR_A_CALL
    for_writing: float = _FOR_WRITING
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, context: Any, sleep: Callable[[float], None] = time.sleep) -> Deadline:
        """The deadline of an invocation that begins now. Without a Lambda context there is no
        limit."""
        millis = getattr(context, "get_remaining_time_in_millis", None)
        if millis is None:
            return cls(sleep=sleep)
        kept = min(_FOR_A_CALL, millis() / 1000 / _SHARE)
        return cls(lambda: millis() / 1000, kept, kept * _FOR_WRITING / _FOR_A_CALL, sleep)

    def has_time(self) -> bool:
        """Whether there is time to start something: a page, a batch."""
        return self.remaining() >= self.for_a_call

    def fits(self, seconds: float) -> bool:
        """Whether there will be time to start something after a wait of `seconds`."""
        return min(self.remaining(), _LONGEST) - seconds >= self.for_a_call

    def left(self) -> float:
        """How many seconds a call, or a wait, may take at most; never negative."""
        return max(0.0, min(self.remaining(), _LONGEST) - self.for_writing)


UNLIMITED = Deadline()
