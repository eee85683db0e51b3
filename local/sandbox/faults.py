"""Answers that are wrong on purpose, for the requests that match."""

import threading
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveInt, TypeAdapter


class Fault(BaseModel):
    """What to do to requests of a path, an account or a post; a matcher left out matches all.

    The delay comes first. Without a status the right answer follows it. A body is sent as JSON,
    a string as it is. `times` counts the requests it applies to; None is for ever.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    account: str | None = None
    post: str | None = None
    status: int | None = None
    body: Any = ""
    headers: dict[str, str] = {}
    times: PositiveInt | None = 1
    delay_seconds: float = 0.0

    def matches(self, path: str, account: str | None, post: str | None) -> bool:
        """Whether it is meant for such a request."""
        pairs = ((self.path, path), (self.account, account), (self.post, post))
        return all(wanted is None or wanted == found for wanted, found in pairs)


FAULT_LIST = TypeAdapter(list[Fault])  # what `PUT /_sandbox/faults` sends


class Faults:
    """The faults in force, tried in order; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[Fault, int]] = []  # with how often each has applied

    def replace(self, faults: Sequence[Fault]) -> None:
        """Forgets the earlier ones."""
        with self._lock:
            self._pending = [(fault, 0) for fault in faults]

    def take(self, path: str, account: str | None, post: str | None) -> Fault | None:
        """The first fault with times left that matches, which this uses up once."""
        with self._lock:
            for place, (fault, used) in enumerate(self._pending):
                left = fault.times is None or used < fault.times
                if left and fault.matches(path, account, post):
                    self._pending[place] = (fault, used + 1)
                    return fault
        return None
