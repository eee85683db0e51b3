"""What all workers share about an API: its rate, its breaker, its daily budget, and who reads what
several clients share. In Redis.

Everything kept there may be lost. While Redis does not respond, or not sensibly, each process keeps
its own; work goes on and one warning is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.slots import wib_day
from chalicelib.social import errors
from chalicelib.social.breaker import Breaker
from chalicelib.social.claims import Claims
from chalicelib.social.rate import Rate
from chalicelib.social.route import Route
from chalicelib.social.shared_redis import SharedRedis

if TYPE_CHECKING:
    from redis import Redis

_TWO_DAYS_SECONDS = 2 * 86_400


class Guard:
    """At most `per_second` calls a second on each route, and `daily_budget` calls per WIB day.

    A route is one host with one key, in one `stage`. `now` is the service's clock, which the
    `breaker` uses. Nothing waits longer than the deadline allows.
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
        self._redis = SharedRedis(redis_url)
        self._prefix = f"cicero:{stage}"
        self.breaker = Breaker(self._redis, self._prefix, now)
        self.claims = Claims(self._redis, self._prefix)
        self._rate = Rate(self._redis, per_second, self._prefix, deadline)
        self._now = now
        self._daily_budget = daily_budget
        self._counting = Lock()
        self._own_spent: dict[str, int] = {}

    def permit(self, route: str, path: str = "") -> None:
        """Returns when another call of the path may be made. Raises the error that tripped the
        breaker of the route, or of this path on it, BudgetSpent, or RateLimited if its turn would
        come too late for this invocation."""
        self.breaker.check(route, path)
        self._spend(route)
        self._rate.wait(route)

    def close(self) -> None:
        """Closes the connections to Redis."""
        self._redis.close()

    def _spend(self, route: str) -> None:
        if self._daily_budget is None:
            return
        key = f"{self._prefix}:budget:{route}:{wib_day(self._now())}"
        with self._counting:
            self._own_spent[key] = self._own_spent.get(key, 0) + 1
        spent = self._redis.ask(lambda redis: _count_up(redis, key)) or self._own_spent[key]
        if spent > self._daily_budget:
            raise errors.BudgetSpent(f"{route}: the day's {self._daily_budget} calls are made")


@dataclass(frozen=True)
class GuardedRoute(Route):
    """One route of a guard, as an Api uses it."""

    guard: Guard
    name: str

    def permit(self, path: str) -> None:
        self.guard.permit(self.name, path)

    def trip(self, path: str, error: errors.ApiError) -> None:
        self.guard.breaker.trip(self.name, error, path)

    def answered(self) -> None:
        self.guard.breaker.answered(self.name)

    def refused(self, account: str) -> bool:
        return self.guard.breaker.refused(self.name, account)


def _count_up(redis: Redis, key: str) -> int:
    with redis.pipeline() as pipeline:
        pipeline.incr(key)
        pipeline.expire(key, _TWO_DAYS_SECONDS)
        return int(pipeline.execute()[0])
