"""What a slot's record says of it: nothing is green because nothing ran or was checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.overview.slots import view_of
from chalicelib.overview.standing import Standing
from chalicelib.slots import Slot
from tests.conftest import DAY

SLOT = Slot.parse(f"{DAY}T17:00")
NAMES = (
    "clients", "done", "failed", "unfinished", "api_requests", "posts_new", "posts_removed",
    "posts_held", "messages", "lists", "lists_incomplete",
)  # fmt: skip


def record(status: str = "closed", late: timedelta = timedelta(), **figures: int) -> dict[str, Any]:
    opened = SLOT.at + late
    totals = dict.fromkeys(NAMES, 0) | {"api_calls": {}, "client_seconds": 0.0} | figures
    times = {"opened_at": opened, "closed_at": opened, "seconds": 1.0, "summed_at": None}
    return {"status": status, "trigger": "schedule", "reason": None, **times, **totals}


@pytest.mark.parametrize(
    ("row", "state", "standing"),
    [
        (record(clients=3, done=3), "done", "verified"),
        (record(clients=3, done=2, failed=1), "done", "unverified"),
        (record(clients=3, done=3, lists=5, lists_incomplete=1), "done", "unverified"),
        (record(clients=3, done=2, unfinished=1), "late", "unverified"),
        (record(late=timedelta(minutes=10), clients=3, done=3), "late", "verified"),
        (record(clients=3, failed=3), "failed", "unverified"),
        (record(clients=3, unfinished=3), "failed", "never"),
        (record(), "done", "never"),
        (record("open", clients=3, done=1, unfinished=2), "running", "unverified"),
        (record("skipped"), "skipped", "never"),
        (record("missed"), "missed", "never"),
    ],
)
def test_a_recorded_slot(row: dict[str, Any], state: str, standing: str) -> None:
    seen = view_of(SLOT, row, SLOT.at + timedelta(hours=1), SLOT.at)
    assert (seen.state, seen.standing) == (state, standing)


@pytest.mark.parametrize(
    ("minutes", "first", "state"),
    [
        (-1, SLOT.at, "to_come"),
        (5, SLOT.at, "due"),
        (30, SLOT.at, "unrecorded"),
        (30, SLOT.at + timedelta(hours=1), "before_start"),
        (30, None, "before_start"),
    ],
)
def test_a_slot_without_a_record(minutes: int, first: Any, state: str) -> None:
    seen = view_of(SLOT, None, SLOT.at + timedelta(minutes=minutes), first)
    assert (seen.state, seen.standing) == (state, Standing.NEVER)


@given(st.fixed_dictionaries({name: st.integers(0, 3) for name in NAMES}))
def test_only_what_ran_and_was_read_is_verified(figures: dict[str, int]) -> None:
    row = record() | figures
    seen = view_of(SLOT, row, SLOT.at + timedelta(hours=1), SLOT.at)
    if seen.standing is Standing.VERIFIED:
        assert figures["done"] == figures["clients"] > 0
        assert not figures["lists_incomplete"]
