"""Jobs that a queue has given up on end their client's run, and the slot can close."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from chalicelib.dead_letters import record_dead_job
from chalicelib.manual import runs
from chalicelib.queues import OUTBOUND
from chalicelib.slots import WIB
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import start_run, whole_run
from tests.integration.tables import Tables


def test_a_dead_job_ends_its_client_s_run_as_failed(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    job = start_run(runtime, "CONTOH")
    start_run(runtime, "TELADAN")
    assert record_dead_job(runtime, job.model_dump_json()) is True
    rows = tables.run(
        "SELECT client_id, outcome, error_kind, finished_at FROM client_run ORDER BY 1"
    )
    assert tuple(rows[0].values()) == ("CONTOH", "dead_letter", "dead_letter", runtime.now())
    assert (rows[1]["client_id"], rows[1]["outcome"]) == ("TELADAN", None)
    assert tables.value("SELECT status FROM slot_run") == "open"


def test_the_last_client_s_dead_job_closes_the_slot_with_a_report(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    record_dead_job(runtime, start_run(runtime, "CONTOH").model_dump_json())
    assert tables.value("SELECT status FROM slot_run") == "closed"
    report = tables.row("SELECT kind, message FROM wa_notification_outbox")
    assert report["kind"] == "admin_report"
    assert "gagal berulang kali, dihentikan: CONTOH" in report["message"]
    assert inbox.count(OUTBOUND) == 1


def test_a_dead_job_buried_twice_changes_nothing(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    body = start_run(runtime, "CONTOH").model_dump_json()
    record_dead_job(runtime, body)
    before = tables.dump()
    assert record_dead_job(runtime, body) is False
    assert tables.dump() == before


def test_a_dead_copy_of_a_job_that_was_done_leaves_its_run_alone(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    job = whole_run(runtime, "CONTOH")
    before = tables.dump()
    assert record_dead_job(runtime, job.model_dump_json()) is False
    assert tables.dump() == before


def test_an_old_dead_job_does_not_end_a_run_that_was_started_over_by_hand(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    old = start_run(runtime_at("17:00"), "CONTOH")
    late = runtime_at(datetime(2026, 2, 20, 17, 31, tzinfo=WIB))
    runs.run_client(late, "CONTOH", f"{DAY}T17:00")
    record_dead_job(late, old.model_dump_json())
    assert tables.value("SELECT outcome FROM client_run") is None


def body(**changes: Any) -> str:
    fields = {
        "version": 1,
        "slot": "2026-02-20T17:00:00+07:00",
        "client_id": "CONTOH",
        "fetch_posts": True,
        "trigger": "schedule",
        "expires_at": "2026-02-20T17:30:00+07:00",
    }
    return json.dumps(fields | changes)


@pytest.mark.parametrize(
    "junk",
    ["not JSON", "[]", body(version=2), body(slot="2026-02-20T17:10:00+07:00"), body(client_id=7)],
    ids=["not JSON", "no object", "unknown version", "not a slot", "not a text"],
)
def test_a_body_that_is_no_job_is_dropped_and_logged(
    junk: str, runtime_at: RuntimeAt, tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = runtime_at("17:00")
    start_run(runtime, "CONTOH")
    before = tables.dump()
    assert record_dead_job(runtime, junk) is False
    assert tables.dump() == before
    assert "is no job and was dropped" in caplog.text


def test_a_dead_job_of_a_run_that_does_not_exist_changes_nothing(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    before = tables.dump()
    assert record_dead_job(runtime, body(client_id="NOBODY")) is False
    assert tables.dump() == before
