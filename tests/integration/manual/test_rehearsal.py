"""A dry run writes nothing, and says what the real run then does."""

from __future__ import annotations

import pytest

from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.errors import BadInput
from chalicelib.manual.rehearsal import rehearse
from chalicelib.manual.runs import run_client
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import whole_run
from tests.integration.tables import Tables

QUEUES = (FETCH, ENGAGEMENT, OUTBOUND)


def test_it_says_what_the_run_then_does(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    for at in ("09:00", "17:00"):
        runtime = runtime_at(at)
        dump, waiting = tables.dump(), [inbox.seen(queue) for queue in QUEUES]
        foreseen = rehearse(runtime, "CONTOH")
        assert tables.dump() == dump
        assert [inbox.seen(queue) for queue in QUEUES] == waiting
        before = counts(tables)
        job = run_client(runtime, "CONTOH", None)
        fetch_posts(runtime, job)
        refresh_engagement(runtime, job)
        after = counts(tables)
        assert posts(foreseen.added) == after.keys() - before.keys() != set()
        assert posts(foreseen.changed) == {c for c in before if after[c] != before[c]}
        assert foreseen.messages == tables.run(
            "SELECT kind, group_id AS chat, message AS text FROM wa_notification_outbox"
            " WHERE slot = :slot ORDER BY outbox_id",
            slot=job.slot,
        )
        assert foreseen.messages
        run = tables.row("SELECT * FROM client_run WHERE slot = :slot", slot=job.slot)
        assert (foreseen.outcome, foreseen.api_requests) == (run["outcome"], run["api_requests"])


def test_removals_are_looked_up_and_foreseen(runtime_at: RuntimeAt, tables: Tables) -> None:
    whole_run(runtime_at("16:30"), "DITBINMAS")
    whole_run(runtime_at("17:00"), "DITBINMAS")
    foreseen = rehearse(runtime_at("20:58"), "DITBINMAS")
    assert len(foreseen.removed) == 1
    assert tables.count("content_archive") == 0
    whole_run(runtime_at("20:58"), "DITBINMAS")
    assert posts(foreseen.removed) == set(tables.values("SELECT content_id FROM content_archive"))


def test_an_error_of_the_api_is_foreseen_too(
    runtime_at: RuntimeAt, sandbox: Sandbox, tables: Tables
) -> None:
    sandbox.set_faults([{"path": "/v1/posts", "kind": "server_error", "times": None}])
    foreseen = rehearse(runtime_at("17:00"), "CONTOH")
    assert (foreseen.outcome, foreseen.error_kind) == ("failed", "upstream")
    assert foreseen.verdicts == {"instagram": "error", "tiktok": "complete"}
    assert tables.count("client_run") == 0


def test_an_unknown_client_is_refused(runtime_at: RuntimeAt) -> None:
    with pytest.raises(BadInput, match="client_id: there is no client 'SIAPA'"):
        rehearse(runtime_at("17:00"), "SIAPA")


def posts(rows: list[dict[str, object]]) -> set[object]:
    return {row["content_id"] for row in rows}


def counts(tables: Tables) -> dict[str, tuple[object, ...]]:
    rows = tables.run("SELECT * FROM cicero_posts() WHERE created_at >= '2026-02-20'")
    return {
        row["content_id"]: (row["like_count"], row["comment_count"], row["stored"]) for row in rows
    }
