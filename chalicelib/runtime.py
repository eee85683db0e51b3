"""What a process needs to do its work, made once and lazily: settings, database, queues, APIs.

A Lambda keeps its runtime between invocations; a test or the local runner makes its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from chalicelib.db import Database
from chalicelib.queues import Queues
from chalicelib.settings import Settings, load_settings
from chalicelib.slots import WIB
from chalicelib.social.http import Api
from chalicelib.social.instagram import Instagram
from chalicelib.social.limiter import RateLimiter
from chalicelib.social.tiktok import TikTok

Clock = Callable[[], datetime]

_NO_LIMIT = timedelta(days=1)


class Runtime:
    """The outside world of one process. `now()` is the service's now, aware and in WIB."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock

    def now(self) -> datetime:
        """The clock's now, or CICERO_NOW where a run simulates its time."""
        clock = self._clock or _clock_of(self.settings)
        return clock().astimezone(WIB)

    def set_clock(self, clock: Clock | None) -> None:
        """Replaces the clock; None brings the settings' own back. For local runs and tests."""
        self._clock = clock

    @cached_property
    def db(self) -> Database:
        return Database(self.settings.database_url)

    @cached_property
    def queues(self) -> Queues:
        return Queues(self.settings.cicero_stage)

    @cached_property
    def instagram(self) -> Instagram:
        return Instagram(self._api(self.settings.rapidapi_instagram_host, "instagram"))

    @cached_property
    def tiktok(self) -> TikTok:
        return TikTok(self._api(self.settings.rapidapi_tiktok_host, "tiktok"))

    def counters(self) -> Counters:
        """What this process has spent so far; subtract two to know what a job cost."""
        return Counters(
            self.instagram.api.calls + self.tiktok.api.calls,
            self.db.round_trips,
        )

    def close(self) -> None:
        """Lets go of every connection."""
        for part in ("db", "queues", "instagram", "tiktok"):
            if part in self.__dict__:
                getattr(self, part).close()

    @cached_property
    def _limiter(self) -> RateLimiter:
        return RateLimiter(self.settings.redis_url, self.settings.rapidapi_requests_per_second)

    def _api(self, host: str, name: str) -> Api:
        return Api(
            host,
            self.settings.rapidapi_key,
            lambda: self._limiter.acquire(name),
            self.settings.rapidapi_timeout_seconds,
            self.settings.rapidapi_attempts,
        )


@dataclass(frozen=True)
class Counters:
    """API requests sent and SQL round trips made."""

    api_requests: int
    sql_round_trips: int

    def __sub__(self, other: Counters) -> Counters:
        return Counters(
            self.api_requests - other.api_requests, self.sql_round_trips - other.sql_round_trips
        )


def time_left(context: Any) -> timedelta:
    """How long this invocation may still run; a day where nothing limits it."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return timedelta(milliseconds=remaining()) if remaining else _NO_LIMIT


_current: Runtime | None = None


def runtime() -> Runtime:
    """This process's runtime. Raises ConfigurationError where the settings are unusable."""
    global _current  # noqa: PLW0603  a Lambda process is the scope of what it keeps
    if _current is None:
        settings = load_settings()
        logging.getLogger().setLevel(settings.log_level)
        _current = Runtime(settings)
    return _current


def use(replacement: Runtime | None) -> None:
    """Puts a runtime in place of this process's own; None makes it anew from the settings."""
    global _current  # noqa: PLW0603
    _current = replacement


def _clock_of(settings: Settings) -> Clock:
    simulated = settings.cicero_now
    return (lambda: simulated) if simulated else (lambda: datetime.now(WIB))
