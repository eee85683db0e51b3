"""That no page reads a table that grows for months from its beginning to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.db.connection import query_text
from chalicelib.overview.rows import NEWEST
from chalicelib.slots import Slot, day_bounds
from tests.conftest import DAY

START, END = day_bounds(DAY)
NOW = Slot.parse(f"{DAY}T17:00").at
OF_DAY = {"day_start": START, "day_end": END}
GROWING = (
    "client_run", "coverage", "wa_notification_outbox", "insta_post", "insta_post_clients",
    "tiktok_post", "tiktok_post_clients", "insta_like_audit", "content_archive",
)  # fmt: skip

QUERIES: dict[str, dict[str, Any]] = {
    "overview_clients.lines": {"client_id": None, "since": NOW - timedelta(days=2), **OF_DAY},
    "overview_clients.runs_of": {"client_id": "CONTOH", **OF_DAY},
    "overview_clients.changes_of": {"client_id": "CONTOH", "wib_day": DAY},
    "overview_clients.messages_of": {"client_id": "CONTOH", "most": 9, **OF_DAY},
    "overview_posts.of_day": {
        "client_id": None,
        "wib_day": DAY,
        "platform": None,
        "term": "",
        "standing": None,
        "most": 100,
        "skipped": 0,
        **OF_DAY,
    },
    "overview_posts.one": {"content_id": "AAA"},
    "overview_posts.reads": {"platform": "instagram", "content_id": "AAA"},
    "overview_posts.held": {"since": START, "until": END},
    "overview_posts.uncovered": {"most": 9, **OF_DAY},
    "overview_posts.archived": {
        "content_id": None,
        "client_id": None,
        "before": NEWEST,
        "most": 9,
    },
    "overview_messages.newest": {"before": NEWEST, "most": 9},
    "overview_messages.of_status": {"status": "sent", "before": NEWEST, "most": 9},
    "overview_messages.of_clients": {
        "clients": ["CONTOH"],
        "statuses": None,
        "before": NEWEST,
        "most": 9,
    },
    "overview_messages.waiting": {},
    "overview_messages.ended_since": {"since": START},
    "overview_slots.of_days": OF_DAY,
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_needs_no_scan_of_a_growing_table(database: Database, query: str) -> None:
    with database.transaction():
        database.execute("SET LOCAL enable_seqscan = off")
        rows = database.execute(f"EXPLAIN {query_text(query)}", **QUERIES[query])
    plan = [row["QUERY PLAN"] for row in rows]
    scanned = {line.split("Seq Scan on ")[1].split()[0] for line in plan if "Seq Scan on" in line}
    assert scanned.isdisjoint(GROWING), "\n".join(plan)
