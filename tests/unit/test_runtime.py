"""What a process makes once: its clock, its routes, what it has spent."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import runtime as runtimes
from chalicelib.deadline import UNLIMITED
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.runtime import Counters, Runtime
from chalicelib.slots import WIB
from chalicelib.social.fallback import Fallback
from chalicelib.social.http import Api
from tests.unit.builders import make_settings, wib


def test_now_is_the_clock_s_in_wib() -> None:
    runtime = Runtime(make_settings(), lambda: datetime(2026, 2, 20, 10, tzinfo=UTC))
    assert runtime.now() == wib("17:00")
    assert runtime.now().tzinfo is WIB


def test_a_simulated_time_stands_still() -> None:
    runtime = Runtime(make_settings(cicero_now="2026-02-20T16:30:00+07:00"))
    assert runtime.now() == runtime.now() == wib("16:30")


def test_without_one_now_is_the_real_time() -> None:
    before = datetime.now(UTC)
    now = Runtime(make_settings()).now()
    assert before <= now <= datetime.now(UTC)


def test_a_clock_that_was_set_comes_first_until_it_is_taken_away() -> None:
    runtime = Runtime(make_settings(cicero_now="2026-02-20T16:30:00+07:00"))
    runtime.set_clock(lambda: wib("20:58"))
    assert runtime.now() == wib("20:58")
    runtime.set_clock(None)
    assert runtime.now() == wib("16:30")


def test_nothing_limits_a_runtime_that_no_invocation_has() -> None:
    assert Runtime(make_settings()).deadline is UNLIMITED


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_route_s_name_is_that_of_its_host_and_key(platform: Platform) -> None:
    host = f"rapidapi_{platform}_host"
    plain = Runtime(make_settings()).routes(platform)
    assert len(plain) == 1
    assert plain[0].startswith(f"{platform}-")
    assert plain == Runtime(make_settings()).routes(platform), "the same in every process"
    assert plain != Runtime(make_settings(rapidapi_key="another")).routes(platform)
    assert plain != Runtime(make_settings(**{host: "http://127.0.0.1:19"})).routes(platform)
    assert "secret" not in plain[0]


def test_without_a_fallback_a_platform_has_one_api() -> None:
    runtime = Runtime(make_settings())
    assert isinstance(runtime.apis["instagram"].api, Api)
    runtime.close()


def test_a_fallback_host_is_a_second_route_of_its_platform_alone() -> None:
    settings = make_settings(rapidapi_instagram_fallback_host="http://127.0.0.1:19")
    runtime = Runtime(settings)
    first, second = runtime.routes("instagram")
    assert first.startswith("instagram-")
    assert second.startswith("instagram-fallback-")
    assert isinstance(runtime.apis["instagram"].api, Fallback)
    assert isinstance(runtime.apis["tiktok"].api, Api)
    runtime.close()


def test_nothing_is_opened_before_it_is_needed_and_all_is_closed() -> None:
    runtime = Runtime(make_settings())
    runtime.close()
    assert runtime.counters() == Counters(Counter(), 0)
    runtime.pool.submit(int).result()
    runtime.close()
    with pytest.raises(RuntimeError, match="after shutdown"):
        runtime.pool.submit(int)


LIKES, POSTS = ("/v1/likes", "ok"), ("/v1/posts", "ok")


def test_two_counters_apart_are_what_was_spent_between_them() -> None:
    before = Counters(Counter({LIKES: 3}), 10)
    after = Counters(Counter({LIKES: 5, POSTS: 1}), 14)
    assert after - before == Counters(Counter({LIKES: 2, POSTS: 1}), 4)
    assert (after - before).api_requests == 3


def test_calls_are_added_up_over_a_run_s_invocations() -> None:
    spent = Counters(Counter({LIKES: 2, ("/v1/likes", "rate_limit"): 1}), 4)
    earlier = {"/v1/likes ok": 10, "/v1/posts ok": 1}
    assert spent.api_calls_on_top_of(earlier) == {
        "/v1/likes ok": 12,
        "/v1/likes rate_limit": 1,
        "/v1/posts ok": 1,
    }
    assert spent.api_calls_on_top_of({}) == {"/v1/likes ok": 2, "/v1/likes rate_limit": 1}


class Context:
    """Of an invocation with so many seconds left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


def test_each_invocation_finds_the_process_s_runtime_with_its_own_deadline() -> None:
    own = Runtime(make_settings())
    runtimes.use(own)
    try:
        assert runtimes.invoked(Context(900)) is runtimes.runtime() is own
        assert own.deadline.fits(timedelta(minutes=10).total_seconds())
        assert runtimes.invoked(Context(90)) is own
        assert not own.deadline.fits(timedelta(minutes=10).total_seconds())
    finally:
        runtimes.use(None)
