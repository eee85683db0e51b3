"""What is left of an invocation."""

from __future__ import annotations

import pytest

from chalicelib.deadline import UNLIMITED, Deadline
from local.invocation import Context, limits_of
from tests.simulated import Time


@pytest.mark.parametrize(("seconds", "reading", "all_but_writing"), [
    (240, 180, 210), (180, 120, 150), (60, 40, 50), (30, 20, 25), (6, 4, 5),
])  # fmt: skip
def test_time_is_kept_for_a_call_and_for_writing(
    seconds: float, reading: float, all_but_writing: float
) -> None:
    time = Time()
    deadline = Deadline.of(Context("f", clock=time, seconds=seconds), time.sleep)
    assert deadline.left() == all_but_writing
    assert deadline.fits(reading)
    assert not deadline.fits(reading + 0.1)
    deadline.sleep(reading)
    assert deadline.has_time()
    deadline.sleep(0.1)
    assert not deadline.has_time()
    deadline.sleep(seconds)
    assert deadline.left() == 0


def test_without_a_context_there_is_time_but_no_wait_beyond_the_longest_invocation() -> None:
    for deadline in (UNLIMITED, Deadline.of(None)):
        assert deadline.has_time()
        assert deadline.fits(800)
        assert not deadline.fits(900)


@pytest.mark.parametrize(("function", "seconds"), [
    ("fetch_posts", 240), ("refresh_engagement", 180), ("sweep", 50), ("migrate", 900),
])  # fmt: skip
def test_local_invocations_have_the_deployed_limits(function: str, seconds: int) -> None:
    assert Context(function, clock=Time()).get_remaining_time_in_millis() == seconds * 1000
    assert limits_of(function).memory == 512 * 1024 * 1024
