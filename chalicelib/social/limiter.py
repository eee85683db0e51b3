"""One rate for all workers: a moving window in Redis, or per process while Redis is away."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)

_REDIS_SECONDS = 0.5
_RETRY_REDIS_AFTER = 30.0


class RateLimiter:
    """At most `per_second` acquisitions a second of each name, across processes.

    Without Redis, or while it does not answer, the limit holds per process; work goes on and
    one warning is logged.
    """

    def __init__(self, redis_url: str | None, per_second: int) -> None:
        from limits import RateLimitItemPerSecond
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._item = RateLimitItemPerSecond(per_second)
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._redis_url = redis_url
        self._shared: MovingWindowRateLimiter | None = None
        self._away_until = 0.0
        self._warned = False

    def acquire(self, name: str) -> None:
        """Returns when one more call of this name may be made."""
        while not self._hit(name):
            time.sleep(1 / self._item.amount / 2)

    def _hit(self, name: str) -> bool:
        if self._redis_url and time.monotonic() >= self._away_until:
            from redis.exceptions import RedisError

            try:
                granted = self._in_redis(self._redis_url).hit(self._item, "cicero", name)
                self._warned = False
                return granted
            except (RedisError, OSError) as error:
                self._warn_once(error)
                self._away_until = time.monotonic() + _RETRY_REDIS_AFTER
        return self._local.hit(self._item, "cicero", name)

    def _warn_once(self, error: Exception) -> None:
        if not self._warned:
            log.warning("Redis is away (%s): limiting per process", type(error).__name__)
        self._warned = True

    def _in_redis(self, url: str) -> MovingWindowRateLimiter:
        if self._shared is None:
            from limits.storage import RedisStorage
            from limits.strategies import MovingWindowRateLimiter

            self._shared = MovingWindowRateLimiter(
                RedisStorage(
                    url,
                    socket_timeout=_REDIS_SECONDS,
                    socket_connect_timeout=_REDIS_SECONDS,
                )
            )
        return self._shared
