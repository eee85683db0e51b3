"""The plan of a slot that opens: written with the slot, read by each of its jobs."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from chalicelib.budget import Need, Plan, as_posts_come, plan
from chalicelib.clients import Client
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import SEGMENT_B, SLOT_LENGTH, Slot, day_bounds, segment_of

log = logging.getLogger(__name__)

_PLENTY = 60
"""Calls a client and slot that no client needs: with a rate of so many nothing has to be shared."""


def plan_slot(runtime: Runtime, slot: Slot, clients: Collection[Client]) -> None:
    """Writes the plan of each platform, unless calls are neither limited a day nor scarce in a
    slot."""
    settings = runtime.settings
    possible = settings.rapidapi_requests_per_second * SLOT_LENGTH.total_seconds()
    plenty = possible >= _PLENTY * len(clients)
    if settings.rapidapi_daily_budget is None and plenty:
        return
    on, late = _numbers(clients), _numbers(filter(_is_late, clients))
    spent = {p: runtime.guard.spent(runtime.routes(p)[0]) for p in PLATFORMS}
    with runtime.db.transaction() as tx:
        day_start, _ = day_bounds(slot.day)
        known = tx.run("slots.full_read", slot=slot.at, day_start=day_start)
        needs = {
            row["platform"]: Need(
                clients=on[row["platform"]],
                late=late[row["platform"]],
                today=row["today"],
                yesterday=row["yesterday"] or as_posts_come(slot, row["today"]),
                spent=spent[row["platform"]],
                budget=settings.rapidapi_daily_budget,
                per_second=settings.rapidapi_requests_per_second,
            )
            for row in known
            if row["platform"] in spent
        }
        plans = {platform: plan(slot, need) for platform, need in needs.items()}
        written = json.dumps({platform: made.as_json() for platform, made in plans.items()})
        tx.run("slots.set_plan", slot=slot.at, plan=written)
    _log(slot, plans)


def _numbers(clients: Iterable[Client]) -> Counter[Platform]:
    return Counter(platform for client in clients for platform in client.platforms)


def _is_late(client: Client) -> bool:
    return segment_of(client.client_id, client.client_type) is SEGMENT_B


def plans_of(written: Mapping[str, Any] | None, manual: bool) -> dict[Platform, Plan]:
    """The plans of a slot as its row has them; a run that a person started is bound by none."""
    if manual or not written:
        return {}
    return {name: Plan.from_json(written[name]) for name in PLATFORMS if name in written}


def kept_by(plans: Mapping[Platform, Plan]) -> dict[Platform, int]:
    """What the plans keep for 17:00, for `Runtime.kept`."""
    return {platform: made.kept for platform, made in plans.items()}


def _log(slot: Slot, plans: Mapping[Platform, Plan]) -> None:
    for platform, made in plans.items():
        if made.ends:
            log.warning(
                "slot %s, %s: at the usual pace the day's budget ends at %s; calls a client for "
                "lists in this slot: %s",
                slot,
                platform,
                f"{made.ends:%H:%M}",
                "any" if made.allowance is None else f"{made.allowance:.1f}",
            )
