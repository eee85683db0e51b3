"""A long outbox: it is pruned, and what is asked of it every few seconds reads an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.slots import WIB
from chalicelib.sweep import sweep
from tests.conftest import RuntimeAt
from tests.integration.conftest import Copies
from tests.integration.ledger import add_change, message, write
from tests.integration.stages.test_round_trips import explain
from tests.integration.tables import Tables
from tests.integration.test_sweep import did, fired, wib

HISTORY = """
INSERT INTO wa_notification_outbox (client_id, group_id, session, kind, slot, message,
  idempotency_key, status, expires_at, sent_at, published_at, created_at, updated_at,
  next_attempt_at)
SELECT 'CONTOH', (n % 200) || '@g.us', CASE WHEN n % 10 > 0 THEN 'gateway' END, 'task_list', at,
  'text', 'old' || n, CASE WHEN n % 5000 = 0 THEN 'pending' WHEN n % 7000 = 0 THEN 'dead_letter'
    ELSE 'sent' END, at + interval '1 hour', at, at, at, at, at
FROM (SELECT n, now() - n * interval '3 minutes' AS at FROM generate_series(1, 40000) AS n) AS rows
"""
NOW = datetime.now(WIB)
"""As the history's and the queries' own now, which is PostgreSQL's."""
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("host.counts", {}),
    ("host.recent", {"most": 30}),
    ("host.open_cases", {"most": 50}),
    ("host.sent_since", {"session": "gateway", "since": NOW - timedelta(hours=1)}),
    ("outbox.left_behind", {"unpublished_before": NOW, "published_before": NOW, "now": NOW}),
    ("outbox.expire", {"now": NOW}),
    ("outbox.prune", {"before": NOW - timedelta(days=80), "batch": 500}),
    ("outbox.claim", {"outbox_id": 1, "now": NOW}),
    ("outbox.first_of_chat", {"outbox_id": 1}),
    ("outbox.under_way", {"session": "gateway"}),
    ("outbox.get", {"outbox_id": 1}),
    ("redrive.lock", {"outbox_id": 1}),
    ("reports.undelivered", {"slot": NOW, "now": NOW}),
]


@pytest.fixture(scope="module")
def history(new_copy: Copies, seeded: str) -> Iterator[Tables]:
    """A database of the module's own, which its tests only read."""
    with closing(Database(new_copy(seeded))) as database:
        tables = Tables(database)
        tables.run(HISTORY)
        tables.run("ANALYZE wa_notification_outbox")
        yield tables


@pytest.mark.parametrize(("query", "parameters"), ASKED, ids=[query for query, _ in ASKED])
def test_what_page_host_and_sweep_ask_of_the_outbox_reads_an_index(
    query: str, parameters: dict[str, Any], history: Tables
) -> None:
    plan = explain(history.database, query, **parameters)
    assert [
        node
        for node in plan
        if node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "wa_notification_outbox"
    ] == []


def test_ended_messages_are_pruned_and_what_waits_or_is_not_ours_stays(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "17:00")
    runtime = runtime_at(wib("17:05"))
    old, young = (runtime.now() - timedelta(days=days) for days in (91, 89))
    ended = ("sent", "expired", "superseded", "cancelled")
    for status in (*ended, "dead_letter", "uncertain"):
        for at in (old, young):
            [row] = write(runtime, message(runtime, f"{status}{at}"))
            end(tables, row["outbox_id"], status, at)
    tables.run(
        "INSERT INTO wa_notification_outbox (client_id, group_id, message, idempotency_key, status,"
        " updated_at) VALUES ('CONTOH', 'x@g.us', 'of another', 'another', 'sent', :at)",
        at=old,
    )
    assert did(sweep(runtime)) == {"pruned": len(ended)}
    left = tables.run("SELECT status, updated_at FROM wa_notification_outbox")
    assert {row["status"] for row in left if row["updated_at"] == old} == {
        "dead_letter",
        "uncertain",
        "sent",
    }
    assert sum(row["updated_at"] == young for row in left) == len(ended) + 2


def test_a_message_that_the_ledger_needs_for_its_day_is_not_pruned(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "17:00")
    runtime = runtime_at(wib("17:05"))
    changes = [
        add_change(tables, name, at)
        for name, at in (
            ("TODAY", runtime.now()),
            ("LONG_AGO", runtime.now() - timedelta(days=100)),
        )
    ]
    for number in changes:
        [row] = write(runtime, message(runtime, f"tells{number}", changes=(number,)))
        end(tables, row["outbox_id"], "sent", runtime.now() - timedelta(days=91))
    assert did(sweep(runtime)) == {"pruned": 1}
    assert tables.values("SELECT change_id FROM change_told") == [changes[0]]


def test_the_outbox_is_pruned_in_small_batches_after_a_setting(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    fired(tables, "17:00")
    runtime = runtime_at(wib("17:05"))
    runtime.settings = runtime.settings.model_copy(update={"outbox_retention_days": 2})
    tables.run(
        "INSERT INTO wa_notification_outbox (session, client_id, group_id, message,"
        " idempotency_key, status, updated_at) SELECT 'gateway', 'CONTOH', 'x@g.us', 'text',"
        " 'k' || n, 'sent', :at FROM generate_series(1, 700) AS n",
        at=runtime.now() - timedelta(days=2, minutes=1),
    )
    assert [sweep(runtime).pruned for _ in range(3)] == [500, 200, 0]


def end(tables: Tables, outbox_id: int, status: str, at: datetime) -> None:
    tables.run(
        "UPDATE wa_notification_outbox SET status = :status, updated_at = :at"
        " WHERE outbox_id = :outbox_id",
        status=status,
        at=at,
        outbox_id=outbox_id,
    )
