"""When a stage may take over from an older service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.slots import CATCH_UP_LIMIT, WIB, slots_of
from local.deploy.cutover import quiet_from
from tests.unit.builders import wib

MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 3, 1)).map(  # noqa: DTZ001  made aware
    lambda moment: moment.replace(tzinfo=UTC)
)


def is_quiet(moment: datetime) -> bool:
    """Whether `sweep` would open no slot now, and none is due within two minutes."""
    day = moment.astimezone(WIB).date()
    slots = [slot.at for n in (-1, 0, 1) for slot in slots_of(day + timedelta(days=n))]
    before = max(at for at in slots if at <= moment)
    after = min(at for at in slots if at > moment)
    return moment - before >= CATCH_UP_LIMIT and after - moment > timedelta(minutes=2)


@given(MOMENTS)
def test_it_is_the_next_moment_between_slots(now: datetime) -> None:
    found = quiet_from(now)
    assert found >= now
    assert is_quiet(found)
    assert (found == now) is is_quiet(now)
    assert found - now < timedelta(minutes=40), "nobody waits longer than for a slot"


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("14:10", "14:25"),
        ("14:27", "14:27"),
        ("14:29", "14:55"),
        ("20:57", "21:25"),
        ("22:00", "22:23"),
        ("23:30", "23:30"),
        ("05:57", "05:57"),
        ("05:59", "06:25"),
    ],
)
def test_moments_of_a_day(now: str, begins: str) -> None:
    assert quiet_from(wib(now)) == wib(begins)
