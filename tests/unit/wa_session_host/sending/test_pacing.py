"""How fast an account may send."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always
from wa_session_host.sending.pacing import HOUR, LONGEST_PAUSE, SLOW_SECONDS, Limits, Pace


def longest(low: float, high: float) -> float:
    return high


def paced(limits: Limits, *ages: float) -> Pace:
    """A pace that learns at 100 that messages went out so many seconds before."""
    pace = Pace(limits, longest)
    pace.remember(100.0, ages)
    return pace


def test_the_first_message_goes_out_at_once() -> None:
    assert paced(Limits(gap=6)).wait(100.0) == 0


def test_the_next_one_waits_for_the_gap_that_was_drawn() -> None:
    pace = paced(Limits(gap=6, jitter=0.5))
    pace.sent(100.0)
    assert pace.wait(100.0) == 9
    assert pace.wait(105.0) == 4
    assert pace.wait(109.0) == 0


def test_a_host_that_was_restarted_keeps_the_gap_to_the_last_message() -> None:
    assert paced(Limits(gap=6), 90.0, 1.0).wait(100.0) == 5


def test_no_more_than_the_cap_goes_out_in_any_hour() -> None:
    pace = paced(Limits(per_hour=2), 0.0)
    pace.sent(200.0)
    assert pace.wait(300.0) == 100.0 + HOUR - 300.0
    assert pace.wait(100.0 + HOUR) == 0
    pace.sent(100.0 + HOUR)
    assert pace.wait(100.0 + HOUR + 1) == pytest.approx(99)


def test_what_a_wrong_clock_dated_into_the_future_holds_nothing_up() -> None:
    assert paced(Limits(gap=6, per_hour=1), -7200.0).wait(100.0) == 0


def test_what_another_host_sent_counts_and_nothing_counts_twice() -> None:
    pace = paced(Limits(per_hour=2))
    pace.sent(150.0)
    pace.remember(200.0, [50.0])
    assert pace.wait(200.0) == 0
    pace.remember(200.0, [50.0, 10.0])
    assert pace.wait(200.0) == 150.0 + HOUR - 200.0


def test_a_complaint_pauses_longer_and_doubles_the_gap_for_a_quarter_of_an_hour() -> None:
    pace = paced(Limits(gap=6, pause=5))
    pace.sent(100.0)
    pace.failed(100.0, slow_down=True)
    assert (pace.slow(100.0), pace.wait(100.0)) == (True, 15)
    pace.recovered()
    pace.sent(115.0)
    assert pace.wait(115.0) == 12
    after = 100.0 + SLOW_SECONDS
    pace.sent(after)
    assert (pace.slow(after), pace.wait(after)) == (False, 6)


def test_the_pause_doubles_with_each_failure_in_a_row_up_to_five_minutes() -> None:
    pace = paced(Limits(pause=5))
    waits = []
    for _ in range(8):
        pace.failed(100.0, slow_down=False)
        waits.append(pace.wait(100.0))
    assert waits == [5, 10, 20, 40, 80, 160, LONGEST_PAUSE, LONGEST_PAUSE]
    pace.recovered()
    pace.failed(1000.0, slow_down=False)
    assert pace.wait(1000.0) == 5


@always
@given(
    st.floats(0, 30),
    st.floats(0, 1),
    st.integers(1, 20),
    st.integers(0, 2**32),
    st.lists(st.floats(0, 600), max_size=60),
)
def test_whatever_the_pauses_gap_and_cap_hold(
    gap: float, jitter: float, cap: int, seed: int, pauses: list[float]
) -> None:
    pace = Pace(Limits(gap, jitter, cap), random.Random(seed).uniform)
    now, sent = 0.0, list[float]()
    for pause in pauses:
        now += pause
        now += pace.wait(now)
        assert pace.wait(now) == pytest.approx(0, abs=1e-6)
        pace.sent(now)
        sent.append(now)
    for earlier, later in itertools.pairwise(sent):
        assert later - earlier >= gap * (1 - jitter) - 1e-6
    for number, moment in enumerate(sent[cap:]):
        assert moment - sent[number] >= HOUR - 1e-6
