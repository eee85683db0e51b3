"""`bench --day`, small: three units, the slots in which most happens; what a day's calls bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from itertools import count

import pytest

from chalicelib.engagement.scope import Refresh
from chalicelib.slots import WIB, day_bounds
from local.bench.day_bench import Played, differing, play, share
from local.bench.day_tables import known_by
from local.bench.load import DAY
from local.sandbox.busy_day import day_load
from local.services import EmbeddedPostgres

CLOCKS = ("06:00", "08:00", "11:30", "14:30", "16:30", "17:00", "17:30", "20:58", "21:00", "21:58")
AT = frozenset(map(time.fromisoformat, CLOCKS))
DAY_START, _ = day_bounds(DAY)
SWAPS = datetime.combine(DAY, time(19), WIB)
LOAD = day_load(DAY, 3)

_numbers = count()

Plays = Callable[..., Played]


@pytest.fixture(scope="module")
def a_day(postgres: EmbeddedPostgres) -> Plays:
    def play_it(refresh: Refresh, budget: int | None = None) -> Played:
        url = postgres.create_database(f"day_{next(_numbers)}", template="migrated")
        return play(LOAD, url, refresh, budget, AT)

    return play_it


@pytest.fixture(scope="module")
def full(a_day: Plays) -> Played:
    return a_day("full")


@pytest.fixture(scope="module")
def usual(a_day: Plays) -> Played:
    return a_day("delta")


def test_a_day_ends_as_one_that_reads_every_list_in_every_slot(full: Played, usual: Played) -> None:
    """Although people withdraw while others engage, counts are hidden, a list ends at a cap and a
    post belongs to all; only snapshots in between may lack a name until it is confirmed."""
    assert usual.left.names == full.left.names
    assert usual.left.rows == full.left.rows
    odd = differing(full.left, usual.left)
    assert all(SWAPS < ended < datetime.combine(DAY, time(22), WIB) for ended, _ in odd)
    assert usual.calls.total < 0.7 * full.calls.total


def test_the_closing_read_is_small_and_brings_what_came_at_night(usual: Played) -> None:
    assert 0 < usual.calls.lists[-1] <= 27 * 3 / 2


def test_half_of_the_calls_bring_17_00_and_nearly_all_names(
    a_day: Plays, full: Played, usual: Played
) -> None:
    """Most of them by 21:58, although the slots that are not played keep calls for their feeds."""
    budget = max(usual.calls.by_platform.values()) // 2
    half = a_day("delta", budget)
    five = time(17, 0)
    assert known_by(half.left, DAY_START, five) == known_by(full.left, DAY_START, five)
    assert half.left.share_of(full.left.names) >= 0.95
    assert half.calls.total < usual.calls.total
    assert share(known_by(half.left, DAY_START, time(22)), full.left.names) >= 0.9
