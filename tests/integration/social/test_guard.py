"""What all workers share about an API, over a real Redis, and without it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from chalicelib.slots import WIB
from chalicelib.social.errors import ApiConfiguration, BudgetSpent, EndpointRefused, QuotaExceeded
from chalicelib.social.guard import Guard
from local.services import EmbeddedRedis
from tests.conftest import ROOT, RuntimeAt

PER_SECOND = 5
EACH = 6
SLACK_SECONDS = 0.2  # how exact the limiter's clock is

PROGRAM = """
import sys, time
from datetime import UTC, datetime
from chalicelib.social.guard import Guard
guard = Guard(sys.argv[1], int(sys.argv[2]), lambda: datetime.now(UTC))
input()
print(time.time())
for _ in range(int(sys.argv[3])):
    guard.permit(sys.argv[4])
print(time.time())
"""


class Clock:
    """A service clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


NOON = datetime(2026, 2, 20, 12, 0, tzinfo=WIB)


def guard_of(url: str | None, per_second: int = 100, **more: Any) -> Guard:
    return Guard(url, per_second, **{"now": Clock(NOON), **more})


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that the test may stop."""
    with EmbeddedRedis() as server:
        yield server


def test_two_processes_share_one_rate(redis: EmbeddedRedis) -> None:
    name = f"shared-{time.monotonic_ns()}"
    arguments = [sys.executable, "-c", PROGRAM, redis.url, str(PER_SECOND), str(EACH), name]
    both = [
        subprocess.Popen(
            arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    moments = [[float(line) for line in process.communicate()[0].split()] for process in both]
    began, ended = min(one[0] for one in moments), max(one[-1] for one in moments)
    full_seconds = (2 * EACH - 1) // PER_SECOND
    assert ended - began > full_seconds - SLACK_SECONDS, "one alone waits a second less"


def test_two_names_have_a_rate_each(redis: EmbeddedRedis) -> None:
    guard, names = guard_of(redis.url, 1), 120
    run, started = time.monotonic_ns(), time.monotonic()
    for number in range(names):
        guard.permit(f"api-{run}-{number}")
    assert time.monotonic() - started < names - 1, "as long as so many of one name take at least"


def test_work_goes_on_when_redis_stops_with_one_warning(
    own_redis: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    guard = guard_of(own_redis.url, 100)
    guard.permit("instagram")
    own_redis.stop()
    for _ in range(20):
        guard.permit("instagram")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "each process for itself" in caplog.text


def test_without_redis_the_rate_holds_per_process(own_redis: EmbeddedRedis) -> None:
    own_redis.stop()
    guard = guard_of(own_redis.url, PER_SECOND)
    started = time.monotonic()
    for _ in range(PER_SECOND + 1):
        guard.permit("instagram")
    assert time.monotonic() - started > 1 - SLACK_SECONDS


@pytest.mark.parametrize("shared", [True, False])
def test_a_used_up_quota_closes_the_route_until_its_reset(
    redis: EmbeddedRedis, shared: bool
) -> None:
    clock, route = Clock(NOON), f"quota-{time.monotonic_ns()}"
    url = redis.url if shared else None
    first = guard_of(url, now=clock)
    other = guard_of(url, now=clock) if shared else first

    first.breaker.trip(route, QuotaExceeded("used up", reset_seconds=600))

    with pytest.raises(QuotaExceeded, match="quota used up"):
        other.permit(route)
    clock.now = NOON + timedelta(seconds=600)
    other.permit(route)


@pytest.mark.parametrize("reset", [None, 1_046_073.0])
def test_a_quota_is_tried_again_the_next_day_at_the_latest(
    redis: EmbeddedRedis, reset: float | None
) -> None:
    clock, route = Clock(NOON), f"quota-{time.monotonic_ns()}"
    guard = guard_of(redis.url, now=clock)
    guard.breaker.trip(route, QuotaExceeded("used up", reset_seconds=reset))

    clock.now = NOON.replace(hour=23, minute=59)
    with pytest.raises(QuotaExceeded):
        guard.permit(route)
    clock.now = NOON.replace(hour=0) + timedelta(days=1)
    guard.permit(route)


def test_a_refused_key_closes_its_route_for_a_while_and_no_other(redis: EmbeddedRedis) -> None:
    clock, route = Clock(NOON), f"key-{time.monotonic_ns()}"
    guard = guard_of(redis.url, now=clock)
    guard.breaker.trip(route, ApiConfiguration("refused"))

    guard.permit(f"{route}-fallback")
    with pytest.raises(ApiConfiguration, match="key or subscription refused"):
        guard.permit(route)
    clock.now = NOON + timedelta(minutes=15)
    guard.permit(route)


def test_a_breaker_outlives_redis_in_the_process_that_opened_it(own_redis: EmbeddedRedis) -> None:
    guard = guard_of(own_redis.url)
    guard.breaker.trip("instagram", QuotaExceeded("used up"))
    own_redis.stop()
    with pytest.raises(QuotaExceeded):
        guard.permit("instagram")


def test_a_breaker_that_is_taken_out_of_redis_holds_nobody_back(redis: EmbeddedRedis) -> None:
    route = f"quota-{time.monotonic_ns()}"
    guard = guard_of(redis.url)
    guard.breaker.trip(route, QuotaExceeded("used up"))
    with Redis.from_url(redis.url) as shared:
        shared.delete(f"cicero:local:breaker:{route}")
    guard.permit(route)


@pytest.mark.parametrize("shared", [True, False])
def test_the_daily_budget_is_shared_and_new_each_wib_day(
    redis: EmbeddedRedis, shared: bool
) -> None:
    clock, route = Clock(NOON), f"budget-{time.monotonic_ns()}"
    url = redis.url if shared else None
    guard = guard_of(url, now=clock, daily_budget=3)
    other = guard_of(url, now=clock, daily_budget=3) if shared else guard
    guard.permit(route)
    other.permit(route)
    guard.permit(route)

    with pytest.raises(BudgetSpent, match="the day's 3 calls are made"):
        other.permit(route)
    clock.now = NOON + timedelta(days=1)
    other.permit(route)


@pytest.mark.parametrize("page", ["architecture.md", "panduan_operator.md"])
def test_the_documented_command_opens_a_platform_s_routes_and_no_other(
    page: str, own_redis: EmbeddedRedis, runtime_at: RuntimeAt
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    [command] = re.findall(r"^```sh\n(redis-cli .*?)^```", text, re.DOTALL | re.MULTILINE)
    runtime = runtime_at("17:00")
    [instagram], [tiktok] = runtime.routes("instagram"), runtime.routes("tiktok")
    fallback = instagram.replace("instagram", "instagram-fallback")
    closing = guard_of(own_redis.url, stage="prod")
    for route in (instagram, fallback, tiktok):
        closing.breaker.trip(route, QuotaExceeded("used up"))
    closing.breaker.trip(instagram, EndpointRefused("refused"), "/v1/likes")

    subprocess.run(
        ["sh", "-c", command],
        env={
            "REDIS_URL": own_redis.url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
        check=True,
    )

    guard = guard_of(own_redis.url, stage="prod")
    guard.permit(instagram, "/v1/likes")
    guard.permit(fallback)
    assert guard.breaker.closed_by(tiktok) == "quota"


def test_accounts_refused_in_two_processes_are_counted_together(redis: EmbeddedRedis) -> None:
    route = f"refused-{time.monotonic_ns()}"
    one, other = guard_of(redis.url), guard_of(redis.url)
    assert [one.breaker.refused(route, f"a{n}") for n in range(3)] == [False] * 3
    assert other.breaker.refused(route, "a0") is False, "an account counts once"
    assert other.breaker.refused(route, "a3") is False
    assert one.breaker.refused(route, "a4") is True


def test_an_answer_in_another_process_acquits_the_route(redis: EmbeddedRedis) -> None:
    route = f"refused-{time.monotonic_ns()}"
    one, other = guard_of(redis.url), guard_of(redis.url)
    for n in range(4):
        other.breaker.refused(route, f"a{n}")
    one.breaker.answered(route)
    assert guard_of(redis.url).breaker.refused(route, "a4") is False


@pytest.mark.parametrize("kept", ["soon quota", "", "2026-02-20T18:00 quota", "9" * 500])
def test_what_nobody_can_read_in_redis_closes_nothing(redis: EmbeddedRedis, kept: str) -> None:
    route = f"odd-{time.monotonic_ns()}"
    with Redis.from_url(redis.url) as shared:
        shared.set(f"cicero:local:breaker:{route}", kept)
    guard_of(redis.url).permit(route)


def test_a_claim_has_one_holder_until_it_is_given_back(redis: EmbeddedRedis) -> None:
    mine, other = (guard_of(redis.url, 1000).claims for _ in range(2))
    assert mine.take("A", ["1", "2"]) == {"1", "2"}
    assert other.take("B", ["2", "3"]) == {"3"}
    assert mine.take("A", ["1", "2", "3"]) == {"1", "2"}  # a job that is done again keeps its own
    mine.give_back("A", ["2"])
    assert other.take("B", ["1", "2"]) == {"2"}
    other.give_back("B", ["1"])  # which is A's
    assert other.take("B", ["1"]) == set()


def test_without_redis_everybody_holds_every_claim(own_redis: EmbeddedRedis) -> None:
    guard = guard_of(own_redis.url, 1000)
    own_redis.stop()
    for owner in "AB":
        assert guard.claims.take(owner, ["1"]) == {"1"}
    guard.claims.give_back("A", ["1"])
    assert guard_of(None, 1000).claims.take("A", ["1"]) == {"1"}


def test_what_is_kept_of_a_budget_is_there_for_whoever_may_spend_it(redis: EmbeddedRedis) -> None:
    early = guard_of(redis.url, 1000, daily_budget=5, kept=lambda route: 2 if route == "a" else 0)
    at_five = guard_of(redis.url, 1000, daily_budget=5)
    for _ in range(3):
        early.permit("a")
    for _ in range(4):  # what is refused is not spent
        with pytest.raises(BudgetSpent, match="2 are kept for 17:00"):
            early.permit("a")
    assert early.spent("a") == at_five.spent("a") == 3
    for _ in range(2):
        at_five.permit("a")
    with pytest.raises(BudgetSpent):
        at_five.permit("a")
    for _ in range(5):
        early.permit("b")
    assert (at_five.spent("a"), at_five.spent("b")) == (5, 5)
