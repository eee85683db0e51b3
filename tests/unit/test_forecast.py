"""Forecasts of API calls: what will be made, and when a limit is reached."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.forecast import ends, month_forecast, platform_calls, rest_of_today
from chalicelib.slots import SLOT_TIMES, WIB

TODAY = date(2026, 2, 20)
NOON = datetime(2026, 2, 20, 12, 5, tzinfo=WIB)


def day(which: date, calls: int, until: datetime | None = None) -> dict[datetime, int]:
    slots = (datetime.combine(which, moment, WIB) for moment in SLOT_TIMES)
    return {slot: calls for slot in slots if until is None or slot <= until}


def test_calls_belong_to_the_platform_whose_paths_they_have() -> None:
    made = {"/v1/likes ok": 3, "/v1/posts upstream": 1, "/api/post/comments ok": 5}
    assert platform_calls("instagram", made) == 4
    assert platform_calls("tiktok", made) == 5


def test_the_rest_of_the_day_is_as_on_the_days_before() -> None:
    made = day(TODAY - timedelta(days=1), 10) | day(TODAY - timedelta(days=2), 20)
    made |= day(TODAY, 15, NOON)
    assert rest_of_today(made, NOON) == (34 - 13) * 15


def test_without_a_day_before_there_is_no_forecast() -> None:
    assert rest_of_today(day(TODAY, 15, NOON), NOON) is None
    assert month_forecast({}, 100, 5, TODAY) is None


def test_a_day_that_is_over_makes_no_more_calls() -> None:
    evening = datetime(2026, 2, 20, 23, 30, tzinfo=WIB)
    assert rest_of_today(day(TODAY, 15), evening) == 0


def test_the_month_ends_with_days_like_those_of_the_last_week() -> None:
    made = day(TODAY - timedelta(days=1), 10)
    assert month_forecast(made, 1000, 50, TODAY) == 1000 + 50 + 8 * 340


@given(st.integers(0, 1000), st.integers(1, 28), st.integers(0, 23))
def test_a_forecast_is_never_below_what_was_made(calls: int, when: int, hour: int) -> None:
    now = datetime(2026, 2, when, hour, 59, tzinfo=WIB)
    made = day(now.date() - timedelta(days=1), calls) | day(now.date(), calls, now)
    rest = rest_of_today(made, now)
    assert rest is not None
    assert rest >= 0
    month = sum(made.values())
    assert (month_forecast(made, month, rest, now.date()) or 0) >= month


@given(st.integers(0, 100), st.integers(0, 500), st.lists(st.integers(0, 50), max_size=34))
def test_a_limit_ends_in_the_first_slot_that_exceeds_it(
    spent: int, limit: int, calls: list[int]
) -> None:
    slots = [datetime.combine(TODAY, moment, WIB) for moment in SLOT_TIMES[: len(calls)]]
    end = ends(spent, limit, zip(slots, calls, strict=True))
    sums = [spent + sum(calls[: n + 1]) for n in range(len(calls))]
    over = [at for at, total in zip(slots, sums, strict=True) if total > limit]
    assert end == (over[0] if over else None)
