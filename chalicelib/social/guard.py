"""What all workers share about an API: its rate, its breaker, its daily budget. In Redis.

Everything kept here may be lost. While Redis does not answer, or not sensibly, each process keeps
its own; work goes on and one warning is logged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.slots import day_bounds, wib_day
from chalicelib.social import errors
from chalicelib.social.route import Route

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter
    from redis import Redis

log = logging.getLogger(__name__)

CONFIGURATION_PAUSE = timedelta(minutes=15)
"""How long a route with a refused key or subscription is left alone."""

REFUSED_ACCOUNTS = 5
"""So many different accounts refused, and no call answered between: it is not the accounts."""

_REDIS_SECONDS = 0.5
_RETRY_REDIS_AFTER = 30.0
_BELIEVED = 1.0
_FORGOTTEN_EVERY = 0.1
_DAY_SECONDS = 86_400

Value = TypeVar("Value")


@dataclass
class _Queue:
    """The threads of this process that wait for a route, and calls granted to them already."""

    turn: Lock = field(default_factory=Lock)
    waiting: int = 0
    granted: int = 0


class Guard:
    """At most `per_second` calls a second of each route, and `daily_budget` calls of a WIB day.

    A route is one host with one key, of one `stage`. `now` is the service's clock; the breaker
    speaks its time. Nothing waits longer than the deadline allows.
    """

    def __init__(
        self,
        redis_url: str | None,
        per_second: int,
        now: Callable[[], datetime],
        daily_budget: int | None = None,
        stage: str = "local",
        deadline: Callable[[], Deadline] = lambda: UNLIMITED,
    ) -> None:
        self._redis_url = redis_url
        self._per_second = per_second
        self._now = now
        self._daily_budget = daily_budget
        self._prefix = f"cicero:{stage}"
        self._deadline = deadline
        self._away_until = 0.0
        self._warned = False
        self._counting = Lock()
        self._queues: dict[str, _Queue] = {}
        self._own_breakers: dict[str, str] = {}
        self._answered: dict[tuple[str, str], tuple[float, Sequence[str]]] = {}
        self._own_spent: dict[str, int] = {}
        self._own_refused: dict[str, set[str]] = {}
        self._forgotten: dict[str, float] = {}

    def permit(self, route: str, path: str = "") -> None:
        """Returns when one more call of the path may be made. Raises what opened the breaker of
        the route, or of this path on it, BudgetSpent, or RateLimited where its turn would come too
        late for this invocation."""
        self._refuse_open(route, path)
        self._spend(route)
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
        """Returns when calls may be made, and how many of those that are waiting: one thread of a
        process asks for the others too, a tenth of a second's calls at most."""
        calls = max(1, min(waiting, self._per_second // 10))
        pause = 1 / self._per_second / 2
        while not self._hit(route, calls):
            if not self._deadline().fits(pause):
                raise _too_late(route)
            self._deadline().sleep(pause)
        return calls

    def answered(self, route: str) -> None:
        """A call was answered: the accounts refused before are refused for themselves."""
        mine, now = self._own_refused.pop(route, None), time.monotonic()
        if mine or now - self._forgotten.get(route, -_FORGOTTEN_EVERY) >= _FORGOTTEN_EVERY:
            self._forgotten[route] = now
            self._try_redis(lambda redis: redis.delete(self._refusals(route)))

    def refused(self, route: str, account: str) -> bool:
        """An account was refused. Whether so many different ones were, by all workers, that it is
        the route which is refused."""
        mark = sha256(account.encode("utf-8", "replace")).hexdigest()[:16]
        with self._counting:
            mine = self._own_refused.setdefault(route, set())
            mine.add(mark)
            own = len(mine)
        shared = self._try_redis(lambda redis: _add_mark(redis, self._refusals(route), mark))
        return max(own, shared or 0) >= REFUSED_ACCOUNTS

    def trip(self, route: str, error: errors.ApiError, path: str = "") -> None:
        """Opens the route's breaker for what will not mend by trying: a used-up quota until its
        reset, at most to the end of the WIB day; a refused key for a while. A refused endpoint
        closes its path only."""
        now = self._now()
        _, tomorrow = day_bounds(wib_day(now))
        if isinstance(error, errors.QuotaExceeded):
            until = tomorrow
            if error.reset_seconds is not None:
                until = min(
                    tomorrow, now + timedelta(seconds=min(error.reset_seconds, _DAY_SECONDS))
                )
        else:
            until = now + CONFIGURATION_PAUSE
        value = f"{until.isoformat()} {error.kind}"
        key = self._breaker(route, path if isinstance(error, errors.EndpointRefused) else "")
        self._own_breakers[key] = value
        self._own_refused.pop(route, None)
        self._answered.clear()
        self._try_redis(lambda redis: redis.set(key, value, ex=_DAY_SECONDS))
        self._try_redis(lambda redis: redis.delete(self._refusals(route)))
        log.error("API route %s is closed until %s: %s", route, until, error.kind)

    def closed_by(self, route: str) -> str | None:
        """The kind of error that keeps the route closed now; None while it is open."""
        try:
            self._refuse_open(route, "")
        except errors.ApiError as error:
            return error.kind
        return None

    def close(self) -> None:
        """Closes the connections to Redis."""
        if "_redis" in self.__dict__:
            self._redis.close()

    def _refuse_open(self, route: str, path: str) -> None:
        """Redis's word counts where it answers, so that an operator may open a route again. It is
        believed for a second: asked for each call, it would be asked as often as the API."""
        keys = (self._breaker(route, ""), self._breaker(route, path))
        asked_at, values = self._answered.get(keys, (-_BELIEVED, []))
        if time.monotonic() - asked_at >= _BELIEVED:
            found = self._try_redis(lambda redis: list(redis.mget(keys)))
            own = [self._own_breakers.get(key) for key in keys]
            values = [str(value) for value in (own if found is None else found) if value]
            self._answered[keys] = (time.monotonic(), values)
        for value in values:
            self._refuse(route, value)

    def _refuse(self, route: str, value: str) -> None:
        until, _, kind = value.partition(" ")
        try:
            if self._now() >= datetime.fromisoformat(until):
                return
        except (ValueError, TypeError):
            log.warning("API route %s: what Redis keeps of its breaker is unreadable", route)
            return
        if kind == errors.ApiConfiguration.kind:
            raise errors.ApiConfiguration(f"{route}: key or subscription refused, until {until}")
        raise errors.QuotaExceeded(f"{route}: quota used up, until {until}")

    def _breaker(self, route: str, path: str) -> str:
        return f"{self._prefix}:breaker:{route}{path}"

    def _refusals(self, route: str) -> str:
        return f"{self._prefix}:refused:{route}"

    def _spend(self, route: str) -> None:
        if self._daily_budget is None:
            return
        key = f"{self._prefix}:budget:{route}:{wib_day(self._now())}"
        with self._counting:
            self._own_spent[key] = self._own_spent.get(key, 0) + 1
        spent = self._try_redis(lambda redis: _count_up(redis, key)) or self._own_spent[key]
        if spent > self._daily_budget:
            raise errors.BudgetSpent(f"{route}: the day's {self._daily_budget} calls are made")

    def _hit(self, route: str, calls: int) -> bool:
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(self._per_second)
        shared = self._try_redis(lambda _: self._shared.hit(item, self._prefix, route, cost=calls))
        if shared is not None:
            return shared
        return self._local.hit(item, self._prefix, route, cost=calls)

    def _try_redis(self, ask: Callable[[Redis], Value]) -> Value | None:
        """Redis's answer; None while it is away or not set."""
        if not self._redis_url or time.monotonic() < self._away_until:
            return None
        try:
            answer = ask(self._redis)
        except Exception as error:  # noqa: BLE001  no answer of Redis's may stop the work
            if not self._warned:
                log.warning("Redis is away (%s): each process for itself", type(error).__name__)
            self._warned, self._away_until = True, time.monotonic() + _RETRY_REDIS_AFTER
            return None
        self._warned = False
        return answer

    @cached_property
    def _redis(self) -> Redis:
        from redis import Redis

        return Redis.from_url(
            self._redis_url or "",
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            decode_responses=True,
        )

    @cached_property
    def _shared(self) -> MovingWindowRateLimiter:
        from limits.storage import RedisStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(
            RedisStorage(self._redis_url or "", connection_pool=self._redis.connection_pool)
        )

    @cached_property
    def _local(self) -> MovingWindowRateLimiter:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True)
class GuardedRoute(Route):
    """One route of a guard, as an Api takes it."""

    guard: Guard
    name: str

    def permit(self, path: str) -> None:
        self.guard.permit(self.name, path)

    def trip(self, path: str, error: errors.ApiError) -> None:
        self.guard.trip(self.name, error, path)

    def answered(self) -> None:
        self.guard.answered(self.name)

    def refused(self, account: str) -> bool:
        return self.guard.refused(self.name, account)


def _too_late(route: str) -> errors.RateLimited:
    return errors.RateLimited(f"{route}: its turn comes after the invocation's end")


def _add_mark(redis: Redis, key: str, mark: str) -> int:
    with redis.pipeline() as pipeline:
        pipeline.sadd(key, mark)
        pipeline.expire(key, CONFIGURATION_PAUSE)
        pipeline.scard(key)
        return int(pipeline.execute()[-1])


def _count_up(redis: Redis, key: str) -> int:
    with redis.pipeline() as pipeline:
        pipeline.incr(key)
        pipeline.expire(key, _DAY_SECONDS * 2)
        return int(pipeline.execute()[0])
