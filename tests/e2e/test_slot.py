"""A whole slot, end to end: once, twice, with doubled messages, and with trouble."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from local.services import EmbeddedPostgres, EmbeddedRedis
from tests.e2e.conftest import NewDay
from tests.e2e.day import Day

LIST = "task_list"


def test_a_slot_stores_posts_and_engagement_and_tells_every_group(day: Day) -> None:
    result = day.slot("17:00")

    assert (result.clients, result.done, result.failed) == (6, 5, 1)
    assert result.messages_sent == result.messages_queued == 7
    assert result.api_requests > 0
    assert result.sql_round_trips > 0
    kinds = Counter(row["kind"] for row in day.rows("SELECT kind FROM wa_notification_outbox"))
    assert kinds == {LIST: 6, "admin_report": 1}
    assert len(day.rows("SELECT 1 AS one FROM insta_like WHERE jsonb_array_length(likes) > 0")) > 5
    assert "DAFTAR TUGAS" in "\n".join(day.seen)


def test_the_broken_account_is_reported_and_harms_nobody(day: Day) -> None:
    day.slot("17:00")

    failed = day.rows("SELECT * FROM client_run WHERE outcome = 'failed'")
    assert [row["client_id"] for row in failed] == ["ANGGREK"]
    assert failed[0]["fetch_result"]["instagram"]["verdict"] == "error"
    assert failed[0]["fetch_result"]["tiktok"]["verdict"] == "complete"
    report = day.rows("SELECT message FROM wa_notification_outbox WHERE kind = 'admin_report'")
    assert "akun atau konten tidak ditemukan: ANGGREK" in report[0]["message"]


def test_the_same_slot_fired_twice_changes_nothing(day: Day) -> None:
    day.slot("16:30")
    once, sent = day.tables(), day.sent()

    again = day.slot("16:30")

    assert day.tables() == once
    assert day.sent() == sent
    assert again.api_requests == 0


@pytest.mark.parametrize(
    "slots",
    [("16:30", "17:00"), pytest.param(("16:30", "17:00", "20:58"), marks=pytest.mark.soak)],
)
def test_messages_delivered_twice_come_to_the_same(new_day: NewDay, slots: tuple[str, ...]) -> None:
    doubled, plain = new_day(), new_day()
    for at in slots:
        doubled.slot(at, twice=True)
        plain.slot(at)

    assert _comparable(doubled.tables()) == _comparable(plain.tables())
    assert sorted(map(_without_ids, doubled.sent())) == sorted(map(_without_ids, plain.sent()))


KILLS = [
    (stage, delay)
    for stage in ("open_slot_half_hour", "fetch_posts", "refresh_engagement", "host")
    for delay in (0.0, 0.1)
]
IN_EVERY_RUN = [("refresh_engagement", 0.1), ("host", 0.0)]


@pytest.mark.parametrize(
    ("stage", "delay"),
    [pytest.param(*kill, marks=() if kill in IN_EVERY_RUN else pytest.mark.soak) for kill in KILLS],
)
def test_a_killed_worker_loses_and_doubles_nothing(
    new_day: NewDay, stage: str, delay: float
) -> None:
    day, killer = new_day(), Killer(stage, delay, kills=2)
    show = killer.watch(day) if stage == "host" else None

    result = day.slot("17:00", observe=killer.observe, show=show)

    assert killer.killed
    assert (result.clients, result.done, result.failed) == (6, 5, 1)
    tables, sent = _plain(new_day)
    assert _comparable(day.tables()) == tables
    assert sorted(map(_without_ids, day.sent())) == sent


def test_redis_gone_in_mid_slot_is_made_up_for(day: Day, redis: EmbeddedRedis) -> None:
    stopper = OnInvocation("refresh_engagement", redis.stop)
    try:
        result = day.slot("17:00", observe=stopper.observe)
    finally:
        redis.start()

    assert stopper.done
    assert (result.done, result.failed) == (5, 1)


def test_postgres_gone_in_mid_slot_is_waited_for(day: Day, postgres: EmbeddedPostgres) -> None:
    def drop() -> None:
        postgres.stop()
        time.sleep(10)
        postgres.start()

    dropping = threading.Thread(target=drop)
    stopper = OnInvocation("refresh_engagement", dropping.start)
    try:
        result = day.slot("17:00", observe=stopper.observe)
    finally:
        dropping.join()

    assert stopper.done
    assert (result.clients, result.done, result.failed) == (6, 5, 1)
    assert result.messages_sent == result.messages_queued


def _plain(new_day: NewDay) -> tuple[dict[str, object], list[str]]:
    """What 17:00 comes to when nothing happens; run once per test process."""
    if not _PLAIN:
        day = new_day()
        day.slot("17:00")
        _PLAIN.append((_comparable(day.tables()), sorted(map(_without_ids, day.sent()))))
    return _PLAIN[0]


_PLAIN: list[tuple[dict[str, object], list[str]]] = []


class OnInvocation:
    """Does something once, when a handler is first invoked."""

    def __init__(self, handler: str, action: Callable[[], None]) -> None:
        self._handler, self._action = handler, action
        self.done = False

    def observe(self, handler: str, pid: int) -> None:
        if handler == self._handler and not self.done:
            self.done = True
            self._action()


class Killer:
    """Sends SIGKILL to the first `kills` processes that start a stage, `delay` seconds later."""

    def __init__(self, stage: str, delay: float, kills: int) -> None:
        self._stage, self._delay, self._left = stage, delay, kills
        self.killed: list[int] = []

    def observe(self, handler: str, pid: int) -> None:
        if handler == self._stage:
            self._kill_later(pid)

    def watch(self, day: Day) -> Callable[[str], None]:
        """A `show` that kills the host when it begins to show a message."""

        def show(line: str) -> None:
            day.seen.append(line)
            if line.startswith("┌") and (pid := _host_pid(day)) is not None:
                self._kill_later(pid)

        return show

    def _kill_later(self, pid: int) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        self.killed.append(pid)
        threading.Timer(self._delay, _kill, [pid]).start()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it had finished already


def _host_pid(day: Day) -> int | None:
    """The process id of the host that works for this day's queues; None between two of them."""
    stage = day.stack.environment["CICERO_STAGE"]
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            if "wa_session_host" in (process.info["cmdline"] or []) and (
                process.environ().get("CICERO_STAGE") == stage
            ):
                return int(process.pid)
    return None


def _without_ids(key: str) -> str:
    """A key of a change message names ledger ids, which are not the same in two days."""
    return re.sub(r":[\d,]+$", "", key)


def _comparable(tables: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return {**tables, "client_run": [_outcome(row) for row in tables["client_run"]]}


def _outcome(row: dict[str, object]) -> dict[str, object]:
    return {name: row[name] for name in ("slot", "client_id", "outcome", "error_kind")}
