"""How long a session waits before it starts another child."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always, wib
from wa_session_host.session.backoff import Backoff
from wa_session_host.session.snapshot import Times
from wa_session_host.session.states import Child

NOW = wib("08:00")


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def fail(backoff: Backoff, failures: int = 1) -> list[float]:
    waits = [backoff.wait(Child.RESTART, None, NOW) for _ in range(failures)]
    return [wait for wait in waits if wait is not None]


def test_the_wait_doubles_up_to_five_minutes() -> None:
    waits = fail(Backoff(Times(), middle), 12)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_after_it_has_held_the_next_failure_is_a_first() -> None:
    backoff = Backoff(Times(), middle)
    fail(backoff, 7)
    backoff.forget()
    assert fail(backoff, 2) == [1, 2]


def test_the_fifth_failure_in_a_row_is_loud_and_no_other_until_it_has_held() -> None:
    backoff = Backoff(Times(), middle)

    def loud() -> list[bool]:
        return [fail(backoff) != [] and backoff.should_alert for _ in range(8)]

    only_the_fifth = [False] * 4 + [True] + [False] * 3
    assert loud() == only_the_fifth
    backoff.forget()
    assert loud() == only_the_fifth


@always
@given(st.integers(1, 2000), st.integers(0, 2**32))
def test_however_often_it_fails_the_wait_is_never_far_from_the_doubled_one(
    failures: int, seed: int
) -> None:
    [*_, wait] = fail(Backoff(Times(), random.Random(seed).uniform), failures)
    steady = min(2.0 ** min(failures - 1, 30), 300.0)
    assert 0.75 * steady <= wait <= 1.25 * steady


@pytest.mark.parametrize(
    ("child", "wait"),
    [
        (Child.KEEP, None),
        (Child.STOP, None),
        (Child.RESTART_NOW, 0),
        (Child.RETRY_ONCE, 30),
        (Child.AFTER_BAN, 3600),
    ],
)
def test_what_is_no_failure_has_a_wait_of_its_own_and_is_not_counted(
    child: Child, wait: float | None
) -> None:
    backoff = Backoff(Times(), middle)
    assert [backoff.wait(child, None, NOW) for _ in range(6)] == [wait] * 6
    assert fail(backoff) == [1]


def test_a_ban_is_waited_out() -> None:
    backoff = Backoff(Times(), middle)
    assert backoff.wait(Child.AFTER_BAN, NOW + timedelta(minutes=11), NOW) == 660
