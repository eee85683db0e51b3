"""API calls against budget and plan, and where the day and the month are heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import SLOT_TIMES, day_bounds, to_wib

_PROFILE_DAYS = 7


@dataclass(frozen=True)
class PlatformCalls:
    """A platform's calls, retries included: of the day and of the calendar month so far, with a
    forecast to the end of each; None where too little is known to give one. `budget`: calls a WIB
    day, `plan`: calls a month, each None if it is not set. `spent_today`: as counted for the
    budget, by all workers of the first host; None if nobody counts, or the counter cannot be
    reached."""

    platform: Platform
    today: int
    today_forecast: int | None
    budget: int | None
    spent_today: int | None
    month: int
    month_forecast: int | None
    plan: int | None


@dataclass(frozen=True)
class Calls:
    """As known at `read_at`: calls of slots that are over. `slots_counted` of the `slots_ended`
    today are in the figures; the rest follow within minutes. `by_call`: today's, by endpoint and
    outcome."""

    day: date
    read_at: datetime
    slots_counted: int
    slots_ended: int
    platforms: Sequence[PlatformCalls]
    by_call: Mapping[str, int]


SlotCalls = Mapping[datetime, Mapping[str, int]]
"""Requests by endpoint and outcome, of each slot."""


def calls(runtime: Runtime) -> Calls:
    """Today's calls and this month's."""
    now = runtime.now()
    month_start, _ = day_bounds(now.date().replace(day=1))
    day_start, day_end = day_bounds(now.date())
    since = min(month_start, day_start - timedelta(days=_PROFILE_DAYS))
    with runtime.db.transaction() as tx:
        rows = tx.run("overview_slots.calls_by_slot", day_start=since, day_end=day_end)
        waiting = tx.run("overview_slots.not_summed", day_start=day_start, day_end=day_end)
    per_slot = {to_wib(datetime.fromisoformat(slot)): made for slot, made in rows[0]["slots"]}
    counted = sum(slot >= day_start for slot in per_slot)
    by_call: Counter[str] = Counter()
    for slot, made in per_slot.items():
        if slot >= day_start:
            by_call.update(made)
    return Calls(
        day=now.date(),
        read_at=now,
        slots_counted=counted,
        slots_ended=counted + waiting[0]["slots"],
        platforms=[_of_platform(runtime, platform, per_slot, now) for platform in PLATFORMS],
        by_call=dict(sorted(by_call.items())),
    )


def _of_platform(
    runtime: Runtime, platform: Platform, per_slot: SlotCalls, now: datetime
) -> PlatformCalls:
    mine = {slot: platform_calls(platform, made) for slot, made in per_slot.items()}
    today = sum(made for slot, made in mine.items() if slot.date() == now.date())
    month = sum(made for slot, made in mine.items() if slot.date() >= now.date().replace(day=1))
    rest_of_day = rest_of_today(mine, now)
    settings = runtime.settings
    return PlatformCalls(
        platform=platform,
        today=today,
        today_forecast=None if rest_of_day is None else today + rest_of_day,
        budget=settings.rapidapi_daily_budget,
        spent_today=runtime.guard.spent(runtime.routes(platform)[0]),
        month=month,
        month_forecast=month_forecast(mine, month, rest_of_day, now.date()),
        plan=settings.rapidapi_monthly_plan,
    )


def platform_calls(platform: Platform, made: Mapping[str, int]) -> int:
    """How many of these requests, by endpoint and outcome, went to the platform. Pure."""
    prefix = DESCRIPTIONS[platform].api_path
    return sum(count for call, count in made.items() if call.startswith(prefix))


def rest_of_today(mine: Mapping[datetime, int], now: datetime) -> int | None:
    """The calls that the day's later slots will make, each as on the average of the last days that
    had it; None if a week's days had none of them. Slots of the day that nobody counted yet are
    taken for later ones. Pure."""
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
    since, past = today - timedelta(days=_PROFILE_DAYS), dict[time, list[int]]()
    for slot, made in mine.items():
        if since <= slot.date() < today:
            past.setdefault(slot.time(), []).append(made)
    return past


def month_forecast(
    mine: Mapping[datetime, int], month: int, rest_of_day: int | None, today: date
) -> int | None:
    """The month's calls at its end: what was made, the rest of today, and for each day to come the
    mean of the last week's whole days; None without any such day. Pure."""
    since = today - timedelta(days=_PROFILE_DAYS)
    days = _day_sums((slot, made) for slot, made in mine.items() if since <= slot.date() < today)
    if rest_of_day is None or not days:
        return None
    to_come = (_next_month(today) - today).days - 1
    return round(month + rest_of_day + to_come * sum(days.values()) / len(days))


def _day_sums(made: Iterable[tuple[datetime, int]]) -> Mapping[date, int]:
    sums: Counter[date] = Counter()
    for slot, count in made:
        sums[slot.date()] += count
    return sums


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
