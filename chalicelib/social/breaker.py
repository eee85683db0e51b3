"""Routes that are closed, for all workers, because of errors that retrying does not fix."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from chalicelib.slots import day_bounds, wib_day
from chalicelib.social import errors
from chalicelib.social.shared_redis import SharedRedis

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

CONFIGURATION_PAUSE = timedelta(minutes=15)
"""How long a route with a refused key or subscription is left alone."""

REFUSED_ACCOUNTS = 5
"""How many different accounts must be refused, with no call answered in between, to show that the
accounts are not the cause."""

_BELIEVED = 1.0
_FORGOTTEN_EVERY = 0.1
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Closure:
    """A route that is closed, or one path of it; `path` is empty for all of them."""

    path: str
    kind: str
    until: datetime


class Breaker:
    """Closes a route, or one of its paths, until a moment on the service's clock `now`."""

    def __init__(self, redis: SharedRedis, prefix: str, now: Callable[[], datetime]) -> None:
        self._redis = redis
        self._prefix = prefix
        self._now = now
        self._counting = Lock()
        self._own: dict[str, str] = {}
        self._answered: dict[tuple[str, str], tuple[float, Sequence[str]]] = {}
        self._own_refused: dict[str, set[str]] = {}
        self._forgotten: dict[str, float] = {}

    def check(self, route: str, path: str = "") -> None:
        """Raises the error that closed the route, or this path of it; returns if it is open.

        Redis takes precedence if it responds, so that an operator can reopen a route. Its reply is
        reused for a second: asked at each call, it would be queried as often as the API."""
        keys = (self._key(route, ""), self._key(route, path))
        asked_at, values = self._answered.get(keys, (-_BELIEVED, []))
        if time.monotonic() - asked_at >= _BELIEVED:
            found = self._redis.ask(lambda redis: list(redis.mget(keys)))
            own = [self._own.get(key) for key in keys]
            values = [str(value) for value in (own if found is None else found) if value]
            self._answered[keys] = (time.monotonic(), values)
        for value in values:
            self._refuse(route, value)

    def answered(self, route: str) -> None:
        """A call was answered: so the accounts refused before are themselves at fault."""
        mine, now = self._own_refused.pop(route, None), time.monotonic()
        if mine or now - self._forgotten.get(route, -_FORGOTTEN_EVERY) >= _FORGOTTEN_EVERY:
            self._forgotten[route] = now
            self._redis.ask(lambda redis: redis.delete(self._refusals(route)))

    def refused(self, route: str, account: str) -> bool:
        """Records a refused account. Returns whether so many different ones were refused, by all
        workers, that the route itself must be refused."""
        mark = sha256(account.encode("utf-8", "replace")).hexdigest()[:16]
        with self._counting:
            mine = self._own_refused.setdefault(route, set())
            mine.add(mark)
            own = len(mine)
        shared = self._redis.ask(lambda redis: _add_mark(redis, self._refusals(route), mark))
        return max(own, shared or 0) >= REFUSED_ACCOUNTS

    def trip(self, route: str, error: errors.ApiError, path: str = "") -> None:
        """Trips the breaker of the route for an error that retrying does not fix: a used-up quota
        until its reset, at most to the end of the WIB day; a refused key for a while. A refused
        endpoint closes only its path."""
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
        key = self._key(route, path if isinstance(error, errors.EndpointRefused) else "")
        self._own[key] = value
        self._own_refused.pop(route, None)
        self._answered.clear()
        self._redis.ask(lambda redis: redis.set(key, value, ex=_DAY_SECONDS))
        self._redis.ask(lambda redis: redis.delete(self._refusals(route)))
        log.error("API route %s is closed until %s: %s", route, until, error.kind)

    def closed_by(self, route: str) -> str | None:
        """The kind of error that keeps the route closed now; None if it is open."""
        try:
            self.check(route)
        except errors.ApiError as error:
            return error.kind
        return None

    def closures(self, route: str) -> list[Closure] | None:
        """What is closed of the route now, as all workers know it; None if Redis does not
        respond."""
        prefix = self._key(route, "")
        found = self._redis.ask(lambda redis: _values(redis, prefix))
        if found is None:
            return None
        closures = [_closure(key.removeprefix(prefix), value) for key, value in found.items()]
        return sorted(
            (one for one in closures if one and one.until > self._now()), key=lambda one: one.path
        )

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

    def _key(self, route: str, path: str) -> str:
        return f"{self._prefix}:breaker:{route}{path}"

    def _refusals(self, route: str) -> str:
        return f"{self._prefix}:refused:{route}"


def _values(redis: Redis, prefix: str) -> dict[str, str]:
    """What Redis keeps of the route, and of its paths, by key."""
    keys = [prefix, *sorted(map(str, redis.scan_iter(match=f"{prefix}/*")))]
    return {key: str(value) for key, value in zip(keys, redis.mget(keys), strict=True) if value}


def _closure(path: str, value: str) -> Closure | None:
    until, _, kind = value.partition(" ")
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        return None
    return Closure(path, kind, moment) if moment.tzinfo else None


def _add_mark(redis: Redis, key: str, mark: str) -> int:
    with redis.pipeline() as pipeline:
        pipeline.sadd(key, mark)
        pipeline.expire(key, CONFIGURATION_PAUSE)
        pipeline.scard(key)
        return int(pipeline.execute()[-1])
