"""The rate limit of each route, in calls a second, over all workers: whose turn it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from chalicelib.deadline import Deadline
from chalicelib.social import errors
from chalicelib.social.shared_redis import SharedRedis

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter


@dataclass
class _Queue:
    """The threads of this process that wait for a route, and calls already granted to them."""

    turn: Lock = field(default_factory=Lock)
    waiting: int = 0
    granted: int = 0


class Rate:
    """At most `per_second` calls a second on each route. Nothing waits longer than the deadline
    allows."""

    def __init__(
        self, redis: SharedRedis, per_second: int, prefix: str, deadline: Callable[[], Deadline]
    ) -> None:
        self._redis = redis
        self._per_second = per_second
        self._prefix = prefix
        self._deadline = deadline
        self._counting = Lock()
        self._queues: dict[str, _Queue] = {}

    def wait(self, route: str) -> None:
        """Returns when another call may be made. Raises RateLimited if its turn would come too late
        for this invocation."""
        queue = self._queues.setdefault(route, _Queue())
        with self._counting:
            queue.waiting += 1
        try:
            self._take_turn(route, queue)
        finally:
            with self._counting:
                queue.waiting -= 1

    def _take_turn(self, route: str, queue: _Queue) -> None:
        if not queue.turn.acquire(timeout=self._deadline().left()):
            raise _too_late(route)
        try:
            if queue.granted:
                queue.granted -= 1
            else:
                queue.granted = self._wait_for(route, queue.waiting) - 1
        finally:
            queue.turn.release()

    def _wait_for(self, route: str, waiting: int) -> int:
        """Returns when calls may be made, and how many of the waiting ones: one thread of a process
        asks for the others too, for at most a tenth of a second's calls."""
        calls = max(1, min(waiting, self._per_second // 10))
        pause = 1 / self._per_second / 2
        while not self._hit(route, calls):
            if not self._deadline().fits(pause):
                raise _too_late(route)
            self._deadline().sleep(pause)
        return calls

    def _hit(self, route: str, calls: int) -> bool:
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(self._per_second)
        shared = self._redis.ask(lambda _: self._shared.hit(item, self._prefix, route, cost=calls))
        if shared is not None:
            return shared
        return self._local.hit(item, self._prefix, route, cost=calls)

    @cached_property
    def _shared(self) -> MovingWindowRateLimiter:
        from limits.storage import RedisStorage
        from limits.strategies import MovingWindowRateLimiter

        pool = self._redis.client.connection_pool
        return MovingWindowRateLimiter(RedisStorage(self._redis.url, connection_pool=pool))

    @cached_property
    def _local(self) -> MovingWindowRateLimiter:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())


def _too_late(route: str) -> errors.RateLimited:
    return errors.RateLimited(f"{route}: its turn comes after the invocation's end")
