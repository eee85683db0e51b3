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
    `breaker` uses. `kept`: the calls of the day's budget that a route must leave for later. Nothing
    waits longer than the deadline allows.
    """

    def __init__(
        self,
        redis_url: str | None,
        per_second: int,
        now: Callable[[], datetime],
        daily_budget: int | None = None,
        stage: str = "local",
        deadline: Callable[[], Deadline] = lambda: UNLIMITED,
        kept: Callable[[str], int] = lambda _: 0,
    ) -> None:
        self._redis = SharedRedis(redis_url)
        self._prefix = f"cicero:{stage}"
        self.breaker = Breaker(self._redis, self._prefix, now)
        self.claims = Claims(self._redis, self._prefix)
        self._rate = Rate(self._redis, per_second, self._prefix, deadline)
        self._now = now
        self._daily_budget = daily_budget
        self._kept = kept
        self._counting = Lock()
        self._own_spent: dict[str, int] = {}

    def permit(self, route: str, path: str = "") -> None:
        """Returns when another call of the path may be made. Raises the error that tripped the
        breaker of the route, or of this path on it, BudgetSpent, or RateLimited if its turn would
        come too late for this invocation."""
        self.breaker.check(route, path)
        self._spend(route)
        self._rate.wait(route)

    def answers(self) -> bool:
        """Whether Redis answers now: the workers share what is kept here."""
        return self._redis.ask(lambda redis: redis.ping()) is not None

    def shared_spent(self, route: str) -> int | None:
        """The calls counted for the route's budget today, by all workers; None if none are counted,
        or Redis does not respond."""
        if self._daily_budget is None:
            return None
        found = self._redis.ask(lambda redis: redis.get(self._spent_key(route)) or "0")
        return int(str(found)) if found and str(found).isdecimal() else None

    def spent(self, route: str) -> int:
        """The calls of the budget that were made today; without Redis, those of this process."""
        shared = self.shared_spent(route)
        return self._own_spent.get(self._spent_key(route), 0) if shared is None else shared

    def close(self) -> None:
        """Closes the connections to Redis."""
        self._redis.close()

    def _spend(self, route: str) -> None:
        if self._daily_budget is None:
            return
        key, kept = self._spent_key(route), self._kept(route)
        spent = self._count(key, 1)
        if spent > self._daily_budget - kept:
            self._count(key, -1)
            left = f"; {kept} are kept for 17:00" if kept else ""
            raise errors.BudgetSpent(
                f"{route}: the day's {self._daily_budget} calls are made{left}"
            )

    def _count(self, key: str, calls: int) -> int:
        with self._counting:
            own = self._own_spent[key] = self._own_spent.get(key, 0) + calls
        shared = self._redis.ask(lambda redis: _count_up(redis, key, calls))
        return own if shared is None else shared

    def _spent_key(self, route: str) -> str:
        return f"{self._prefix}:budget:{route}:{wib_day(self._now())}"


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


def _count_up(redis: Redis, key: str, calls: int) -> int:
    with redis.pipeline() as pipeline:
        pipeline.incrby(key, calls)
        pipeline.expire(key, _TWO_DAYS_SECONDS)
        return int(pipeline.execute()[0])
