"""A whole day in one process, on a clock that stands still within each slot: the stages, PostgreSQL
and the sandbox's answers, without queues, HTTP or waits."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cached_property
from typing import Any

from chalicelib.dispatch import open_slot
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.engagement.scope import Refresh
from chalicelib.jobs import ClientJob
from chalicelib.platforms import Platform
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH, Queues
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings, load_settings
from chalicelib.slots import SLOT_TIMES, Slot, slots_of
from chalicelib.social.apis import APIS, SocialApi
from chalicelib.social.guard import GuardedRoute
from chalicelib.social.http import Api, Read
from chalicelib.social.judge import Json, parse_response
from local.bench.load import UNLIMITED
from local.environment import environment, own_environment
from local.sandbox.answer import product_of
from local.sandbox.busy_day import DayLoad
from local.sandbox.faults import Fault
from local.sandbox.pages import ENGAGED
from local.sandbox.state import SandboxState

_STAGE = "day"
_KEY = "sandbox"


class Mailbox:
    """SQS as far as the stages use it: keeps what is sent until it is taken."""

    def __init__(self) -> None:
        self._bodies: defaultdict[str, list[str]] = defaultdict(list)

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803  as SQS has it
        return {"QueueUrl": QueueName}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self._bodies[QueueUrl] += [entry["MessageBody"] for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def take(self, queue: str) -> list[ClientJob]:
        """The jobs in a queue, which is then empty."""
        return [ClientJob.parse(body) for body in self._bodies.pop(f"cicero-{_STAGE}-{queue}", [])]


class _SandboxApi(Api):
    """An API whose answers come from a sandbox in this process."""

    def __init__(self, state: SandboxState, route: GuardedRoute) -> None:
        super().__init__("http://127.0.0.1", _KEY, route)
        self._state = state
        self._guarded = route

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        self._guarded.permit(path)
        given = {name: str(value) for name, value in parameters.items()}
        answer = self._state.answer(path, given, _KEY)
        with self._lock:
            self.outcomes[path, "ok"] += 1
        if answer.status != 200:
            parse_response(path, answer.status, answer.headers, json.dumps(answer.body).encode())
        return read(answer.body)


class DayRuntime(Runtime):
    """A process's runtime over a sandbox in the same process."""

    def __init__(self, settings: Settings, state: SandboxState, mailbox: Mailbox) -> None:
        super().__init__(settings, state.now, queues=Queues(_STAGE, mailbox))
        self._state = state

    @cached_property
    def apis(self) -> Mapping[Platform, SocialApi]:
        return {
            platform: make(
                _SandboxApi(self._state, GuardedRoute(self.guard, self.routes(platform)[0]))
            )
            for platform, make in APIS.items()
        }


@dataclass(frozen=True)
class DayCalls:
    """The calls of a day, over all clients: its 34 slots, and the closing read of its posts in the
    next day's first slot, without that slot's own feeds. `lists`: those of likers and commenters,
    by slot of the day, the closing read last."""

    by_platform: Mapping[Platform, int]
    feeds: int
    lists: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.feeds + sum(self.lists)


def play_day(
    load: DayLoad,
    database_url: str,
    refresh: Refresh,
    budget: int | None = None,
    at: Collection[time] = SLOT_TIMES,
) -> DayCalls:
    """Plays the day's slots at these times and the next day's first over a migrated database with
    the load's clients. `budget`: calls a day to each API."""
    state, mailbox = SandboxState(load.scenario.world), Mailbox()
    state.faults.replace([Fault.model_validate(fault) for fault in load.faults])
    runtime = DayRuntime(_settings(database_url, refresh, budget), state, mailbox)
    feeds, lists = Counter[str](), []
    by_platform = Counter[Platform]()
    slots = [slot for slot in slots_of(load.scenario.day) if slot.at.time() in at]
    next_day = slots_of(load.scenario.day + timedelta(days=1))
    try:
        for slot in [*slots, next_day[0]]:
            before = Counter(state.stats()["requests"])
            _play(runtime, state, mailbox, slot)
            made = Counter(state.stats()["requests"]) - before
            closing = slot.day != load.scenario.day
            feeds += Counter() if closing else _of(made, lists=False)
            lists.append(_of(made, lists=True).total())
            by_platform += _by_platform(_of(made, lists=True) if closing else made)
    finally:
        runtime.close()
    return DayCalls(by_platform, feeds.total(), tuple(lists))


def _play(runtime: Runtime, state: SandboxState, mailbox: Mailbox, slot: Slot) -> None:
    state.set_now(slot.at)
    open_slot(runtime, slot, "schedule")
    for job in mailbox.take(FETCH):
        fetch_posts(runtime, job)
    while jobs := mailbox.take(ENGAGEMENT):
        for job in jobs:
            refresh_engagement(runtime, job)


def _of(made: Counter[str], lists: bool) -> Counter[str]:
    paths = {path: n for path, n in made.items() if (path in ENGAGED) is lists}
    return Counter(paths)


def _by_platform(made: Counter[str]) -> Counter[Platform]:
    found = Counter[Platform]()
    for path, count in made.items():
        found[product_of(path)] += count
    return found


def _settings(database_url: str, refresh: Refresh, budget: int | None) -> Settings:
    given = own_environment() | {
        "DATABASE_URL": database_url,
        "RAPIDAPI_KEY": _KEY,
        "RAPIDAPI_REQUESTS_PER_SECOND": str(UNLIMITED),
        "RAPIDAPI_PARALLEL_CALLS": "1",
        "RAPIDAPI_DAILY_BUDGET": str(budget or ""),
        "ENGAGEMENT_REFRESH": refresh,
        "CICERO_STAGE": _STAGE,
    }
    with environment(given):
        return load_settings(env_file=None)
