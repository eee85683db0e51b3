"""A comparison with a day that a service has written: what was planted is found, nothing else."""

from __future__ import annotations

import pytest

from chalicelib.clients import Client
from chalicelib.manual.runs import find_client
from chalicelib.manual.shadow import Difference, compare_day
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND
from chalicelib.runtime import Runtime
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import whole_run
from tests.integration.tables import Tables


@pytest.fixture
def runtime(runtime_at: RuntimeAt) -> Runtime:
    """At 17:00, when a service has just stored everything."""
    runtime = runtime_at("17:00")
    whole_run(runtime, "CONTOH")
    return runtime


@pytest.fixture
def client(runtime: Runtime) -> Client:
    with runtime.db.transaction() as tx:
        return find_client(tx, "CONTOH")


def test_what_is_stored_as_it_is_shown_differs_in_nothing(
    runtime: Runtime, client: Client, tables: Tables, inbox: Inbox
) -> None:
    before = tables.dump()
    waiting = [inbox.seen(queue) for queue in (FETCH, ENGAGEMENT, OUTBOUND)]
    found = compare_day(runtime, client)
    assert (found.differences, found.open) == ((), ())
    assert found.posts >= 2
    assert found.names > 0
    assert tables.dump() == before
    assert [inbox.seen(queue) for queue in (FETCH, ENGAGEMENT, OUTBOUND)] == waiting


def test_every_planted_difference_is_found_and_nothing_else(
    runtime: Runtime, client: Client, tables: Tables
) -> None:
    first, second, third = tables.values("SELECT shortcode FROM insta_post ORDER BY 1")[:3]
    [video] = tables.values("SELECT video_id FROM tiktok_comment ORDER BY 1 LIMIT 1")
    liked = tables.value("SELECT likes ->> 0 FROM insta_like WHERE shortcode = :p", p=second)
    commented = tables.value(
        "SELECT comments ->> 0 FROM tiktok_comment WHERE video_id = :v", v=video
    )
    for statement in (
        f"DELETE FROM insta_like WHERE shortcode = '{first}'",
        f"DELETE FROM insta_post_clients WHERE shortcode = '{first}'",
        f"DELETE FROM insta_post WHERE shortcode = '{first}'",
        f"UPDATE insta_like SET likes = likes - '{liked}' WHERE shortcode = '{second}'",
        f"UPDATE insta_like SET likes = likes || '[\" @Hantu \"]' WHERE shortcode = '{third}'",
        f"UPDATE tiktok_comment SET comments = comments - '{commented}' WHERE video_id = '{video}'",
        "INSERT INTO insta_post (shortcode, client_id, caption, created_at, source_type) VALUES"
        " ('HILANG12345', 'CONTOH', 'x', '2026-02-20 09:00', 'cron_fetch')",
        "INSERT INTO insta_post (shortcode, client_id, caption, created_at, source_type) VALUES"
        " ('KEMARIN1234', 'CONTOH', 'x', '2026-02-19 23:59', 'cron_fetch')",
    ):
        tables.run(statement)
    found = compare_day(runtime, client)
    assert set(found.differences) == {
        Difference("instagram", first, "here"),
        Difference("instagram", "HILANG12345", "there"),
        Difference("instagram", second, "here", (liked,)),
        Difference("instagram", third, "there", ("hantu",)),
        Difference("tiktok", video, "here", (commented.lstrip("@"),)),
    }
    assert found.open == ()


def test_a_platform_that_fails_is_left_open(
    runtime: Runtime, client: Client, sandbox: Sandbox, tables: Tables
) -> None:
    tables.run("UPDATE insta_like SET likes = '[]'")
    sandbox.set_faults([{"path": "/v1/posts", "kind": "server_error", "times": None}])
    found = compare_day(runtime, client)
    assert {one.platform for one in found.differences} <= {"tiktok"}
    assert [(one.platform, one.content_id) for one in found.open] == [("instagram", None)]
