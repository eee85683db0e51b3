"""Days that were missed are filled in: under their own day, told to nobody, no call made twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.backfill.fill import Filled, Wanted, fill
from chalicelib.backfill.plan import plan
from chalicelib.errors import BadInput
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, slots_of
from chalicelib.social.recorded import Answer, Call, recorded
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import hurried, whole_run
from tests.integration.tables import Tables

WEEK = Wanted(DAY - timedelta(days=7), DAY - timedelta(days=1))
ONE = "CONTOH"


class Killed(BaseException):
    pass


class Calls:
    """A tape that keeps nothing: it counts the calls, and lets the process die before one."""

    def __init__(self, last: int | None = None) -> None:
        self.made: list[Call] = []
        self._last = last

    def play(self, call: Call, kind: type[Answer], ask: Callable[[], Answer]) -> Answer:
        if self._last is not None and len(self.made) >= self._last:
            raise Killed
        self.made.append(call)
        return ask()


def watched(runtime: Runtime, calls: Calls) -> Runtime:
    runtime.apis = recorded(runtime.apis, calls)
    return runtime


def of_one(**more: Any) -> Wanted:
    return Wanted(WEEK.first, WEEK.last, ONE, **more)


def stored(tables: Tables) -> dict[str, Any]:
    """What readers see of the week, without the times of reading."""
    return {
        "posts": tables.run("SELECT * FROM cicero_posts() ORDER BY platform, content_id"),
        "people": tables.run("SELECT shortcode, likes FROM insta_like ORDER BY 1")
        + tables.run("SELECT video_id, comments FROM tiktok_comment ORDER BY 1"),
        "days": tables.run("SELECT wib_day, complete, result FROM backfill ORDER BY 1"),
    }


def test_a_week_is_stored_under_its_own_days_and_told_to_nobody(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    told: list[str] = []
    filled = fill(runtime_at("17:00"), of_one(), lambda day: told.append(day.day))
    days = [WEEK.first + timedelta(days=n) for n in range(7)]
    assert told == [day.isoformat() for day in days]
    assert (filled.left, filled.stopped) == (0, None)
    assert {day.new for day in filled.days} >= {2}
    assert all(day.complete and day.lists == day.posts == day.new for day in filled.days)
    assert (
        tables.values(
            "SELECT DISTINCT created_at::date FROM insta_post WHERE client_id = :c ORDER BY 1",
            c=ONE,
        )
        == days
    )
    assert tables.value("SELECT bool_and(jsonb_array_length(likes) > 40) FROM insta_like")
    assert tables.value("SELECT bool_and(complete) FROM coverage")
    for table in ("content_change", "wa_notification_outbox", "slot_run", "client_run"):
        assert tables.count(table) == 0
    assert tables.count("insta_like_audit") + tables.count("tiktok_comment_audit") == 0
    assert tables.count("backfill_call") == 0
    assert [inbox.seen(queue) for queue in (FETCH, ENGAGEMENT, OUTBOUND)] == [(0, 0)] * 3


@pytest.mark.parametrize("steps", [1, 7])
def test_killed_again_and_again_it_makes_no_call_twice(
    runtime_at: RuntimeAt, tables: Tables, steps: int
) -> None:
    made: list[Call] = []
    while True:
        calls = Calls(steps)
        try:
            fill(watched(runtime_at("17:00"), calls), of_one())
            break
        except Killed:
            made += calls.made
    made += calls.made
    assert len(made) > 15
    assert [call for call, times in Counter(made).items() if times > 1] == []
    assert tables.values("SELECT complete FROM backfill") == [True] * 7
    killed = stored(tables)
    assert len(killed["posts"]) == sum(row["result"]["new"] for row in killed["days"]) + 1


def test_an_answer_that_another_version_kept_in_its_own_form_is_asked_for_again(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    with pytest.raises(Killed):
        fill(watched(runtime_at("17:00"), Calls(9)), of_one())
    tables.run("""UPDATE backfill_call SET answer = '{"form": "another"}'""")
    fill(runtime_at("17:00"), of_one())
    assert tables.values("SELECT complete FROM backfill") == [True] * 7


def test_a_second_time_nothing_is_left_to_do(runtime_at: RuntimeAt) -> None:
    fill(runtime_at("17:00"), of_one())
    calls = Calls()
    assert fill(watched(runtime_at("17:00"), calls), of_one()) == Filled([], 0, None, 0)
    assert calls.made == []


def test_it_keeps_to_the_calls_allowed_and_to_the_time_there_is(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    first = fill(runtime_at("17:00"), of_one(most_calls=5))
    assert (first.stopped, first.api_requests, first.left > 0) == ("budget", 5, True)
    runtime = runtime_at("17:00")
    with hurried(runtime, 8):
        second = fill(runtime, of_one())
    assert second.stopped == "no_time"
    assert 0 < second.api_requests <= 8
    third = fill(runtime_at("17:00"), of_one())
    assert (third.stopped, third.left) == (None, 0)
    assert tables.values("SELECT complete FROM backfill") == [True] * 7


def test_a_platform_that_fails_leaves_its_days_to_the_next_time(
    runtime_at: RuntimeAt, sandbox: Sandbox
) -> None:
    sandbox.set_faults([{"path": "/v1/posts", "kind": "server_error", "times": None}])
    runtime = runtime_at("17:00")
    failed = fill(runtime, of_one())
    assert {tuple(day.errors.items()) for day in failed.days} == {(("instagram", "upstream"),)}
    sandbox.set_faults([])
    assert plan(runtime, WEEK.first, WEEK.last, ONE, since=runtime.now()).days == 0
    again = fill(runtime, of_one())
    assert all(day.complete for day in again.days)
    assert {day.unchanged for day in again.days} == {1}  # TikTok's lists


def test_a_day_that_ran_to_its_end_was_not_missed(runtime_at: RuntimeAt, tables: Tables) -> None:
    for at in ("20:30", "21:58"):
        whole_run(runtime_at(at), ONE)
    assert tables.values("SELECT outcome FROM client_run") == ["done", "done"]
    runtime = runtime_at(Slot.exactly(slots_of(DAY + timedelta(days=1))[0].at).at)
    found = plan(runtime, DAY - timedelta(days=1), DAY, ONE)
    assert (found.days, found.ran, found.filled) == (1, 1, 0)
    assert plan(runtime, DAY, DAY).days == 5  # the others


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        (DAY, DAY, "last_day: 2026-02-20 is not over"),
        (DAY - timedelta(days=1), DAY - timedelta(days=2), "first_day: .* is after"),
        (date(2026, 1, 1), DAY - timedelta(days=1), "first_day: .* too far"),
    ],
)
def test_wrong_days_are_refused(
    runtime_at: RuntimeAt, first: date, last: date, problem: str
) -> None:
    with pytest.raises(BadInput, match=problem):
        fill(runtime_at("17:00"), Wanted(first, last))
