"""A slot's runs that did not end as done start over, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import BadInput
from chalicelib.manual.runs import Replayed, replay_slot
from chalicelib.queues import FETCH
from chalicelib.slots import Slot
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import start_run, whole_run
from tests.integration.tables import Tables

SLOT = f"{DAY}T17:00+07:00"


def test_dead_letters_failures_and_lost_runs_start_over(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    for client in ("CONTOH", "ANGGREK"):
        whole_run(runtime, client)
    for client, outcome in (
        ("DITBINMAS", "'dead_letter'"),
        ("MELATI", "NULL"),
        ("TELADAN", "NULL"),
    ):
        start_run(runtime, client)
        tables.run(
            f"UPDATE client_run SET outcome = {outcome}, finished_at = CASE"
            f" WHEN {outcome} IS NOT NULL THEN slot END WHERE client_id = '{client}'"
        )
    tables.run("UPDATE client_run SET expires_at = slot WHERE client_id = 'MELATI'")
    tables.run("UPDATE slot_run SET status = 'closed'")
    assert replay_slot(runtime, SLOT) == Replayed(SLOT, ["ANGGREK", "DITBINMAS", "MELATI"])
    jobs = inbox.take(FETCH)
    assert sorted(job["client_id"] for job in jobs) == ["ANGGREK", "DITBINMAS", "MELATI"]
    assert {job["trigger"] for job in jobs} == {"manual"}
    assert replay_slot(runtime, SLOT).clients == []


def test_only_a_closed_slot_of_today_is_replayed(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    with pytest.raises(BadInput, match=r"slot: .* was not opened"):
        replay_slot(runtime, SLOT)
    start_run(runtime, "CONTOH")
    with pytest.raises(BadInput, match=r"slot: .* is still running"):
        replay_slot(runtime, SLOT)
    runtime.set_clock(lambda: Slot.parse(SLOT).at + timedelta(days=1))
    with pytest.raises(BadInput, match=r"slot: .* is of another day\. Use backfill"):
        replay_slot(runtime, SLOT)
