"""What a process needs for its work, made once and lazily: settings, database, queues, APIs.

A Lambda keeps its runtime between invocations; a test or the local runner makes its own.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from chalicelib import logs
from chalicelib.db import Database
from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.platforms import Platform
from chalicelib.queues import Queues
from chalicelib.settings import Settings, load_settings
from chalicelib.slots import WIB
from chalicelib.social.apis import APIS, SocialApi
from chalicelib.social.fallback import Fallback
from chalicelib.social.guard import Guard, GuardedRoute
from chalicelib.social.http import Api, Effort

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Runtime:
    """The outside world of one process. `now()` is the service's now, aware and in WIB.

    `deadline` is the current invocation's; everything that waits here observes it. `kept`: the
    calls of each platform's daily budget that the current job must leave for 17:00. Given `queues`,
    `database`, `apis` and `guard` are shared with others: `close` leaves them open.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        queues: Queues | None = None,
        database: Database | None = None,
        apis: Mapping[Platform, SocialApi] | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.settings = settings
        self.deadline: Deadline = UNLIMITED
        self.kept: Mapping[Platform, int] = {}
        self._clock = clock
        shared = (queues, database, guard, *(apis or {}).values())
        self._shared = [part for part in shared if part is not None]
        if queues is not None:
            self.queues = queues
        if database is not None:
            self.db = database
        if apis is not None:
            self.apis = apis
        if guard is not None:
            self.guard = guard

    def now(self) -> datetime:
        """The clock's time, or CICERO_NOW in a run with simulated time."""
        clock = self._clock or _clock_of(self.settings)
        return clock().astimezone(WIB)

    def set_clock(self, clock: Clock | None) -> None:
        """Replaces the clock; None restores the one from the settings. For local runs and tests."""
        self._clock = clock

    @cached_property
    def db(self) -> Database:
        return Database(self.settings.database_url, deadline=lambda: self.deadline)

    @cached_property
    def queues(self) -> Queues:
        return Queues(self.settings.cicero_stage, deadline=lambda: self.deadline)

    @cached_property
    def apis(self) -> Mapping[Platform, SocialApi]:
        return {platform: make(self._api(platform)) for platform, make in APIS.items()}

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The pool in which the calls of one job run in parallel."""
        return ThreadPoolExecutor(self.settings.rapidapi_parallel_calls, "api")

    def counters(self) -> Counters:
        """What this process has spent so far; subtract two of them to see what a job cost."""
        sent = (social.api.requests_sent() for social in self.apis.values())
        return Counters(sum(sent, Counter()), self.db.round_trips)

    def close(self) -> None:
        """Closes every connection."""
        if "pool" in self.__dict__:
            self.pool.shutdown()
        made = [self.__dict__.get(part) for part in ("db", "queues", "guard")]
        for part in (*made, *self.__dict__.get("apis", {}).values()):
            if part is not None and part not in self._shared:
                part.close()

    @cached_property
    def guard(self) -> Guard:
        settings = self.settings
        return Guard(
            settings.redis_url,
            settings.rapidapi_requests_per_second,
            self.now,
            settings.rapidapi_daily_budget,
            settings.cicero_stage,
            deadline=lambda: self.deadline,
            kept=self._kept_on,
        )

    def _kept_on(self, route: str) -> int:
        return next((n for platform, n in self.kept.items() if route.startswith(platform)), 0)

    def routes(self, platform: Platform) -> list[str]:
        """The names under which the guard knows the platform's hosts, first choice first. A new key
        makes a new route, on which nothing is closed yet."""
        names = (platform, f"{platform}-fallback")
        hosts = self.settings.api_hosts(platform)
        marks = [sha256(f"{host} {key}".encode()).hexdigest()[:8] for host, key in hosts]
        return [f"{name}-{mark}" for name, mark in zip(names, marks, strict=False)]

    def _api(self, platform: Platform) -> Api | Fallback:
        """The platform's host, with its fallback if one is set."""
        hosts = zip(self.routes(platform), self.settings.api_hosts(platform), strict=True)
        apis = [self._route(name, host, key) for name, (host, key) in hosts]
        return Fallback(*apis) if len(apis) > 1 else apis[0]

    def _route(self, name: str, host: str, key: str) -> Api:
        settings = self.settings
        effort = Effort(
            settings.rapidapi_timeout_seconds,
            settings.rapidapi_attempts,
            settings.rapidapi_parallel_calls,
        )
        route = GuardedRoute(self.guard, name)
        return Api(host, key, route, effort, deadline=lambda: self.deadline)


@dataclass(frozen=True)
class Counters:
    """API requests sent, by (path, outcome), and SQL round trips made."""

    api_outcomes: Counter[tuple[str, str]]
    sql_round_trips: int

    @property
    def api_requests(self) -> int:
        return self.api_outcomes.total()

    def api_calls_on_top_of(self, earlier: Mapping[str, int]) -> dict[str, int]:
        """The calls in the form that client_run.api_calls stores, `{"/v1/likes ok": 12}`, added to
        `earlier`."""
        mine = Counter({f"{path} {outcome}": n for (path, outcome), n in self.api_outcomes.items()})
        return dict(mine + Counter(earlier))

    def __sub__(self, other: Counters) -> Counters:
        return Counters(
            self.api_outcomes - other.api_outcomes, self.sql_round_trips - other.sql_round_trips
        )


_current: Runtime | None = None


def runtime() -> Runtime:
    """This process's runtime. Raises ConfigurationError if the settings are unusable."""
    global _current  # noqa: PLW0603  a Lambda process is the scope of what it keeps
    if _current is None:
        settings = load_settings()
        logging.getLogger().setLevel(settings.log_level)
        if logs.on_aws():  # elsewhere, the log was set up by whoever started the process
            logs.configure(settings.log_level, "%(name)s %(message)s")
        log.info("environment %s, stage %s", settings.app_env, settings.cicero_stage)
        _current = Runtime(settings)
    return _current


def invoked(context: Any) -> Runtime:
    """This process's runtime for an invocation that begins now, with its Lambda context."""
    current = runtime()
    current.deadline, current.kept = Deadline.of(context), {}
    return current


def use(replacement: Runtime | None) -> None:
    """Replaces this process's runtime; None makes the next one from the settings again."""
    global _current  # noqa: PLW0603
    _current = replacement


def _clock_of(settings: Settings) -> Clock:
    simulated = settings.cicero_now
    return (lambda: simulated) if simulated else (lambda: datetime.now(WIB))
