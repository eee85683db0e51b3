"""API calls against budget and plan, and where the day and the month are heading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.forecast import SlotCalls, heading
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.reports.calls import calls_by_slot
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds


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


def calls(runtime: Runtime) -> Calls:
    """Today's calls and this month's."""
    now = runtime.now()
    day_start, day_end = day_bounds(now.date())
    with runtime.db.transaction() as tx:
        per_slot = calls_by_slot(tx, now)
        waiting = tx.run("overview_slots.not_summed", day_start=day_start, day_end=day_end)
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
    settings, made = runtime.settings, heading(platform, per_slot, now)
    return PlatformCalls(
        platform=platform,
        today=made.today,
        today_forecast=made.today_forecast,
        budget=settings.rapidapi_daily_budget,
        spent_today=runtime.guard.shared_spent(runtime.routes(platform)[0]),
        month=made.month,
        month_forecast=made.month_forecast,
        plan=settings.rapidapi_monthly_plan,
    )
