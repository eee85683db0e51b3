"""Whatever crashes, repeats, overtakes or is lost: what a group saw, it saw once.

Real rules over real tables. Of the queue, the account and the crashes the test decides: it deals
the queue's messages in any order and as often as it likes, and ends a run or the host at any
commit or send. What counts is the account's journal, which no crash takes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import sweep
from chalicelib.db import Database, Row
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob, OutboundMessage
from chalicelib.queues import Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, slots_of
from tests.conftest import DAY, RuntimeAt
from tests.integration.ledger import CHAT, add_change
from tests.integration.runs import start_run
from tests.integration.tables import Tables
from wa_session_host.sending.delivery import Delivery
from wa_session_host.sending.transport import Outgoing

CHATS = (CHAT, "120363000000000099@g.us")
SLOTS = [slot for slot in slots_of(DAY) if slot.at.hour >= 15]
QUEUE_REMEMBERS = timedelta(minutes=5)
EMPTY = (
    "change_told", "content_change", "wa_notification_outbox", "client_run", "slot_run",
    "wa_notification_scheduler_state",
)  # fmt: skip


class Crash(BaseException):
    """The end of a process; nothing in the service catches it."""


@dataclass(frozen=True)
class Point:
    """Where a process ends: right before or after its n-th commit, or the n-th send to SQS."""

    what: Literal["commit", "send"]
    number: int
    when: Literal["before", "after"]


class Trap:
    """Ends the process at the point it is set to; once."""

    def __init__(self) -> None:
        self._point: Point | None = None
        self._passed: Counter[str] = Counter()

    @contextmanager
    def set_to(self, point: Point | None) -> Iterator[None]:
        """What is done within may crash there; that is no error of the test."""
        self._point, self._passed = point, Counter()
        try:
            yield
        except Crash:
            assert point
        finally:
            self._point = None

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        self._passed[what] += 1
        self._spring(what, "before")
        yield
        self._spring(what, "after")

    def _spring(self, what: str, when: str) -> None:
        here = (what, self._passed[what], when)
        if self._point and here == (self._point.what, self._point.number, self._point.when):
            raise Crash


class FragileDatabase(Database):
    """A connection whose process may end at a commit."""

    def __init__(self, url: str, trap: Trap) -> None:
        super().__init__(url)
        self._trap = trap

    def execute(self, sql: str, **parameters: Any) -> list[Row]:
        if sql != "COMMIT":
            return super().execute(sql, **parameters)
        with self._trap.around("commit"):
            return super().execute(sql, **parameters)


@dataclass
class DealtQueue:
    """SQS of which the test decides what arrives, when and how often. Drops what it has seen
    within five minutes, as a FIFO queue does."""

    runtime: Runtime
    trap: Trap
    waiting: list[str] = field(default_factory=list)
    seen: dict[str, datetime] = field(default_factory=dict)

    def get_queue_url(self, **named: str) -> dict[str, str]:
        return {"QueueUrl": named["QueueName"]}

    def send_message_batch(self, **batch: Any) -> dict[str, Any]:
        now = self.runtime.now()
        with self.trap.around("send"):
            for entry in batch["Entries"]:
                key = entry["MessageDeduplicationId"]
                if now - self.seen.get(key, now - QUEUE_REMEMBERS) >= QUEUE_REMEMBERS:
                    self.seen[key] = now
                    self.waiting.append(entry["MessageBody"])
        return {"Successful": [{"Id": entry["Id"]} for entry in batch["Entries"]]}


@dataclass
class Account:
    """A WhatsApp account. One that `knows` can say of a cut-short send whether it went out."""

    knows: bool
    journal: list[Outgoing] = field(default_factory=list)

    def ready(self) -> bool:
        return True

    def send(self, message: Outgoing) -> str:
        self.journal.append(message)
        return f"ID{len(self.journal)}"

    def was_sent(self, message: Outgoing) -> bool | None:
        return message in self.journal if self.knows else None

    def close(self) -> None:
        pass


@dataclass
class World:
    """The service in the afternoon of DAY, and what became of it."""

    runtime: Runtime
    tables: Tables
    account: Account
    trap: Trap = field(default_factory=Trap)
    changes: list[str] = field(default_factory=list)
    jobs: list[ClientJob] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._now = SLOTS[0].at
        self.runtime.set_clock(lambda: self._now)
        self.runtime.db.close()
        self.runtime.db = FragileDatabase(self.runtime.settings.database_url, self.trap)
        self.queue = DealtQueue(self.runtime, self.trap)
        self.runtime.queues = Queues("t", self.queue)
        self.tables.run("; ".join(f"DELETE FROM {name}" for name in EMPTY))
        self.tables.run(  # so that sweep opens none of them
            "INSERT INTO slot_run (slot, status, trigger, opened_at) SELECT slot, 'skipped', "
            "'schedule', slot FROM unnest(CAST(:slots AS timestamptz[])) AS slot",
            slots=[slot.at for slot in slots_of(DAY)],
        )

    def run(self, changes: int, point: Point | None) -> None:
        """The next slot's run, which finds so many changes; none once the day is nearly over."""
        slot = next((s for s in SLOTS if s.at >= self._now and s not in self._slots_run()), None)
        if slot is None or slot >= SLOTS[-2]:
            return
        self._run(slot, changes, point)

    def again(self, place: int, point: Point | None) -> None:
        """The queue delivers the job of an earlier run once more."""
        if self.jobs:
            self._do(self.jobs[place % len(self.jobs)], point)

    def host(self, place: int, kept: bool, point: Point | None) -> None:
        """The host is handed any one of the waiting messages; `kept`: and again later, whatever
        it makes of it."""
        if not self.queue.waiting:
            return
        place %= len(self.queue.waiting)
        body = self.queue.waiting[place]
        with self._process(point):
            wait = Delivery(self.runtime, self.account).deliver(OutboundMessage.parse(body))
            if wait is None and not kept:
                del self.queue.waiting[place]

    def lose(self, place: int) -> None:
        """The queue loses a message."""
        if self.queue.waiting:
            del self.queue.waiting[place % len(self.queue.waiting)]

    def sweep(self, minutes: int, point: Point | None) -> None:
        """So many minutes later, sweep has a look."""
        self._now += timedelta(minutes=minutes)
        with self._process(point):
            sweep.sweep(self.runtime)

    def come_back(self) -> None:
        """The day's last two slots without any trouble, and a host that is there."""
        for slot in SLOTS[-2:]:
            self._run(slot, 0, None)
            for minutes in (1, 11):
                self.sweep(minutes, None)
                for turn in range(len(self.queue.waiting) ** 2):
                    self.host(turn, kept=False, point=None)

    def told(self) -> Counter[tuple[str, str]]:
        """How often each (chat, post) was told of, by the account's journal."""
        return Counter(
            (message.chat, post)
            for message in self.account.journal
            for post in self.changes
            for _ in range(message.text.count(f"/{post}/"))
        )

    def _run(self, slot: Slot, changes: int, point: Point | None) -> None:
        self._now = slot.at
        for _ in range(changes):
            self.changes.append(f"POST{len(self.changes)}x")
            add_change(self.tables, self.changes[-1], slot.at)
        self.jobs.append(start_run(self.runtime, "CONTOH", slot))
        self._do(self.jobs[-1], point)

    def _do(self, job: ClientJob, point: Point | None) -> None:
        with self._process(point):
            refresh_engagement(self.runtime, job)

    @contextmanager
    def _process(self, point: Point | None) -> Iterator[None]:
        """A process of its own, which may crash; its connection dies with it."""
        with self.trap.set_to(point):
            yield
        if point:
            self.runtime.db.close()

    def _slots_run(self) -> set[Slot]:
        return {job.of_slot for job in self.jobs}


WHEN = st.sampled_from(["before", "after"])
COMMITS = st.builds(Point, st.just("commit"), st.integers(1, 2), WHEN)
SENDS = st.builds(Point, st.just("send"), st.just(1), WHEN)
CRASHES = st.none() | COMMITS | SENDS
PLACES = st.integers(0, 7)
HOST = st.tuples(st.just(World.host), PLACES, st.booleans(), st.none() | COMMITS)
TROUBLES = st.one_of(
    HOST,
    HOST,
    st.tuples(st.just(World.again), PLACES, CRASHES),
    st.tuples(st.just(World.lose), PLACES),
    st.tuples(st.just(World.sweep), st.integers(1, 12), CRASHES),
)
HALF_HOURS = st.lists(
    st.tuples(
        st.tuples(st.just(World.run), st.integers(0, 3), CRASHES), st.lists(TROUBLES, max_size=6)
    ),
    min_size=1,
    max_size=5,
)


def tried(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize("knows", [True, False])
@tried(8)
@given(half_hours=HALF_HOURS)
def test_each_group_is_told_of_each_change_once(
    runtime_at: RuntimeAt, tables: Tables, knows: bool, half_hours: list[Any]
) -> None:
    assert_told_once(runtime_at, tables, knows, half_hours)


@pytest.mark.soak
@pytest.mark.parametrize("knows", [True, False])
@tried(100)
@given(half_hours=HALF_HOURS)
def test_each_group_is_told_of_each_change_once_on_many_days(
    runtime_at: RuntimeAt, tables: Tables, knows: bool, half_hours: list[Any]
) -> None:
    assert_told_once(runtime_at, tables, knows, half_hours)


def assert_told_once(
    runtime_at: RuntimeAt, tables: Tables, knows: bool, half_hours: list[Any]
) -> None:
    tables.run("UPDATE clients SET client_group = :both", both=",".join(CHATS))
    world = World(runtime_at("15:00"), tables, Account(knows))

    for run, troubles in half_hours:
        for action, *arguments in (run, *troubles):
            action(world, *arguments)
    world.come_back()

    told = world.told()
    every = {(chat, post) for chat in CHATS for post in world.changes}
    assert {about for about, times in told.items() if times > 1} == set()
    if knows:
        assert set(told) == every
    keys = [message.key for message in world.account.journal]
    assert len(keys) == len(set(keys)), "no list went out twice"
