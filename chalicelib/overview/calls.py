"""API calls against budget and plan, and where the day and the month are heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.forecast import PROFILE_DAYS, month_forecast, platform_calls, rest_of_today
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds, to_wib


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
    since = min(month_start, day_start - timedelta(days=PROFILE_DAYS))
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
        spent_today=runtime.guard.shared_spent(runtime.routes(platform)[0]),
        month=month,
        month_forecast=month_forecast(mine, month, rest_of_day, now.date()),
        plan=settings.rapidapi_monthly_plan,
    )
