"""What operators are told of calls that will not last, in the report of the slot that shows it
first; once a day for each platform and limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.db import Transaction
from chalicelib.forecast import heading
from chalicelib.platforms import PLATFORMS
from chalicelib.reports.calls import calls_by_slot
from chalicelib.runtime import Runtime
from chalicelib.slot_plan import plans_of
from chalicelib.slots import Slot, day_bounds, to_wib
from chalicelib.texts import Shortage


def shortages(runtime: Runtime, tx: Transaction, slot: Slot) -> list[Shortage]:
    """The shortages that no other report of the slot's day has told of; noted as told. Reports that
    are written at the same time wait for each other."""
    if runtime.settings.rapidapi_daily_budget is None and (
        runtime.settings.rapidapi_monthly_plan is None
    ):
        return []
    day_start, day_end = day_bounds(slot.day)
    tx.run("reports.lock_foretold", day=slot.day.isoformat())
    [row] = tx.run("reports.foretold", slot=slot.at, day_start=day_start, day_end=day_end)
    found = [*_of_day(runtime, row["plan"]), *_of_month(runtime, tx, slot)]
    new = {name: short for name, short in found if name not in row["foretold"]}
    if new:
        tx.run("reports.note_foretold", slot=slot.at, foretold=list(new))
    return list(new.values())


def _of_day(runtime: Runtime, plan: Mapping[str, Any] | None) -> Iterator[tuple[str, Shortage]]:
    """The budgets that end before the day does, as the slot's plan foresaw."""
    limit = runtime.settings.rapidapi_daily_budget
    for platform, made in plans_of(plan, manual=False).items():
        if made.ends is not None and limit is not None:
            yield f"{platform} day", Shortage(platform, limit, ends=to_wib(made.ends))


def _of_month(runtime: Runtime, tx: Transaction, slot: Slot) -> Iterator[tuple[str, Shortage]]:
    """The plans that the month's calls will exceed, judged by the last days."""
    limit = runtime.settings.rapidapi_monthly_plan
    if limit is None:
        return
    per_slot = calls_by_slot(tx, slot.at)
    for platform in PLATFORMS:
        expected = heading(platform, per_slot, slot.at).month_forecast
        if expected is not None and expected > limit:
            yield f"{platform} month", Shortage(platform, limit, month=expected)
