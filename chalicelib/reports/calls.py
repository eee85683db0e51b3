"""The API calls that slots have made."""

from __future__ import annotations

from datetime import datetime

from chalicelib.db import Transaction
from chalicelib.forecast import SlotCalls, first_slot
from chalicelib.slots import day_bounds, to_wib


def calls_by_slot(tx: Transaction, now: datetime) -> SlotCalls:
    """The calls of the slots that are over, as far back as a forecast at `now` needs them."""
    _, end = day_bounds(now.date())
    [row] = tx.run("overview_slots.calls_by_slot", day_start=first_slot(now), day_end=end)
    return {to_wib(datetime.fromisoformat(slot)): made for slot, made in row["slots"]}
