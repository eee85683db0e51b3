"""Where API calls are heading. Pure.

`heading` says what will be made, judged by the slots of the last days.
`ends` says when a limit is reached at what slots need, which those days do not show if calls were
short: then they were held back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import SLOT_TIMES, day_bounds

PROFILE_DAYS = 7
"""So many days before today are what the days to come are judged by."""

SlotCalls = Mapping[datetime, Mapping[str, int]]
"""Requests by endpoint and outcome, of each slot, in WIB."""


def ends(spent: float, limit: int, to_come: Iterable[tuple[datetime, float]]) -> datetime | None:
    """The first of the slots to come, each with the calls it takes, in which the limit is
    exceeded; None if it lasts for all of them."""
    for at, calls in to_come:
        spent += calls
        if spent > limit:
            return at
    return None


@dataclass(frozen=True)
class Heading:
    """A platform's calls of the day and of the calendar month so far, with a forecast to the end of
    each; None where too little is known to give one."""

    today: int
    today_forecast: int | None
    month: int
    month_forecast: int | None


def heading(platform: Platform, per_slot: SlotCalls, now: datetime) -> Heading:
    """The platform's calls, given those of the slots since `first_slot(now)`."""
    mine = {slot: platform_calls(platform, made) for slot, made in per_slot.items()}
    day, rest = now.date(), rest_of_today(mine, now)
    by_day = _day_sums(mine.items())
    today = by_day[day]
    month = sum(made for one, made in by_day.items() if one >= day.replace(day=1))
    return Heading(
        today=today,
        today_forecast=None if rest is None else today + rest,
        month=month,
        month_forecast=month_forecast(mine, month, rest, day),
    )


def first_slot(now: datetime) -> datetime:
    """From when on slots count for a forecast at `now`: the month's, and the last days'."""
    month_start, _ = day_bounds(now.date().replace(day=1))
    day_start, _ = day_bounds(now.date())
    return min(month_start, day_start - timedelta(days=PROFILE_DAYS))


def platform_calls(platform: Platform, made: Mapping[str, int]) -> int:
    """How many of these requests, by endpoint and outcome, went to the platform."""
    prefix = DESCRIPTIONS[platform].api_path
    return sum(count for call, count in made.items() if call.startswith(prefix))


def rest_of_today(mine: Mapping[datetime, int], now: datetime) -> int | None:
    """The calls that the day's later slots will make, each as on the average of the last days that
    had it; None if a week's days had none of them. Slots of the day that nobody counted yet are
    taken for later ones."""
    counted = {slot.time() for slot in mine if slot.date() == now.date()}
    left = [moment for moment in SLOT_TIMES if moment not in counted and not _lost(moment, now)]
    if not left:
        return 0
    past = _by_time(mine, now.date())
    means = [sum(made) / len(made) for moment in left if (made := past.get(moment))]
    return round(sum(means) / len(means) * len(left)) if means else None


def _lost(moment: time, now: datetime) -> bool:
    """Whether the slot of this time is so long over that it will not be counted any more."""
    return now - datetime.combine(now.date(), moment, now.tzinfo) > timedelta(hours=1)


def _by_time(mine: Mapping[datetime, int], today: date) -> dict[time, list[int]]:
    since, past = today - timedelta(days=PROFILE_DAYS), dict[time, list[int]]()
    for slot, made in mine.items():
        if since <= slot.date() < today:
            past.setdefault(slot.time(), []).append(made)
    return past


def month_forecast(
    mine: Mapping[datetime, int], month: int, rest_of_day: int | None, today: date
) -> int | None:
    """The month's calls at its end: what was made, the rest of today, and for each day to come the
    mean of the last week's whole days; None without any such day."""
    since = today - timedelta(days=PROFILE_DAYS)
    days = _day_sums((slot, made) for slot, made in mine.items() if since <= slot.date() < today)
    if rest_of_day is None or not days:
        return None
    to_come = (_next_month(today) - today).days - 1
    return round(month + rest_of_day + to_come * sum(days.values()) / len(days))


def _day_sums(made: Iterable[tuple[datetime, int]]) -> Counter[date]:
    sums: Counter[date] = Counter()
    for slot, count in made:
        sums[slot.date()] += count
    return sums


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
