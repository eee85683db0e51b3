"""Every fault at every endpoint that a slot calls: what it comes to, and what it must not harm.

In every cell: no post goes, no liker or commenter is lost, the other platform is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration.runs import whole_run

CLIENT = "CONTOH"
ATTEMPTS = 2
FEW_CALLS = {
    "rapidapi_attempts": ATTEMPTS,
    "rapidapi_parallel_calls": 1,  # so that a fault's calls are those of one post
    "engagement_refresh": "full",
}

FEEDS: dict[str, Platform] = {"/v1/posts": "instagram", "/api/user/posts": "tiktok"}
USERS: dict[str, Platform] = {"/v1/likes": "instagram", "/api/post/comments": "tiktok"}
SLOTS = ("15:30", "16:00", "16:30", "17:00")


@dataclass(frozen=True)
class Expected:
    """A fault's error kind, how often the call was sent, and the verdict of a feed with it."""

    kind: str | None
    calls: int
    verdict: str = "error"


ONCE, AGAIN = 1, ATTEMPTS

REFUSALS: dict[str, tuple[dict[str, Any], Expected]] = {
    "rate_limit": ({"retry_after": 0}, Expected("rate_limit", AGAIN * 3)),
    "quota": ({"reset_seconds": 600}, Expected("quota", ONCE)),
    "bad_key": ({}, Expected("api_configuration", ONCE)),
    "not_subscribed": ({}, Expected("api_configuration", ONCE)),
    "endpoint_disabled": ({}, Expected("api_configuration", ONCE)),
    "unknown_path": ({}, Expected("api_configuration", ONCE)),
    "server_error": ({}, Expected("upstream", AGAIN)),
    "timeout_504": ({}, Expected("upstream", AGAIN)),
    "slow": ({"seconds": 6}, Expected("upstream", AGAIN)),
    "slow_body": ({"seconds": 6}, Expected("upstream", AGAIN)),
    "reset": ({}, Expected("upstream", AGAIN)),
    "cut": ({}, Expected("upstream", AGAIN)),
    "html": ({}, Expected("malformed", AGAIN)),
    "empty_200": ({}, Expected("malformed", AGAIN)),
    "no_content_204": ({}, Expected("malformed", AGAIN)),
    "wrong_envelope": ({}, Expected("malformed", AGAIN)),
    "json_array": ({}, Expected("malformed", AGAIN)),
    "business": ({"code": 10222}, Expected("business", ONCE)),
    "validation_202": ({}, Expected("business", ONCE)),
}
ODD_FEEDS: dict[str, tuple[dict[str, Any], Expected]] = {
    "empty_feed": ({}, Expected(None, ONCE, "empty")),
    "unreadable_items": ({}, Expected(None, ONCE, "partial")),
    "hidden_counts": ({}, Expected(None, ONCE, "complete")),
    "pinned_unordered": ({}, Expected(None, ONCE, "complete")),
    "reordered_page": ({}, Expected(None, ONCE, "complete")),
}


@dataclass
class Day:
    """A client's runs, slot by slot, and what is stored of it."""

    runtime_at: Callable[[str], Runtime]
    database: Database
    sandbox: Sandbox

    def run(self, at: str, fault: dict[str, Any] | None = None) -> dict[str, Any]:
        """The client's whole run in this slot; its client_run row."""
        runtime = self.runtime_at(at)
        slow = {"rapidapi_timeout_seconds": 1.0} if "seconds" in (fault or {}) else {}
        runtime.settings = runtime.settings.model_copy(update=FEW_CALLS | slow)
        self.sandbox.set_faults([fault] if fault else [])
        job = whole_run(runtime, CLIENT)
        return self.rows(
            "SELECT * FROM client_run WHERE slot = :slot AND client_id = :client",
            slot=job.slot,
            client=CLIENT,
        )[0]

    def stored(self) -> dict[str, set[str]]:
        """The engaged users of every stored post; a post without any is there as well."""
        rows = self.rows(
            "SELECT shortcode AS id, likes AS users FROM insta_post LEFT JOIN insta_like "
            "USING (shortcode) UNION ALL SELECT video_id, comments FROM tiktok_post "
            "LEFT JOIN tiktok_comment USING (video_id)"
        )
        return {row["id"]: set(row["users"] or []) for row in rows}

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.database.transaction():
            return self.database.execute(sql, **parameters)


@pytest.fixture
def day(runtime_at: RuntimeAt, database: Database, sandbox: Sandbox) -> Day:
    """A day whose 15:00 slot went well."""
    begun = Day(runtime_at, database, sandbox)
    assert begun.run("15:00")["outcome"] == "done"
    return begun


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_fault_is_told_for_what_it_is_and_harms_nothing_else(day: Day, kind: str) -> None:
    parameters, expected = REFUSALS[kind]
    for at, path in zip(SLOTS, [*FEEDS, *USERS], strict=True):
        platform = {**FEEDS, **USERS}[path]
        before = day.stored()

        run = day.run(at, {"kind": kind, "path": path, "times": expected.calls, **parameters})

        assert run["outcome"] == "failed", path
        assert run["error_kind"] == expected.kind, path
        assert run["api_calls"].get(f"{path} {expected.kind}") == expected.calls, path
        if path in FEEDS:
            assert run["fetch_result"][platform]["verdict"] == expected.verdict, path
        _assert_nothing_lost(before, day.stored())
        _assert_unharmed(run, other_than=platform)


@pytest.mark.parametrize("kind", ODD_FEEDS)
def test_an_odd_feed_gets_the_verdict_it_deserves(day: Day, kind: str) -> None:
    parameters, expected = ODD_FEEDS[kind]
    for at, (path, platform) in zip(SLOTS, FEEDS.items(), strict=False):
        before = day.stored()

        run = day.run(at, {"kind": kind, "path": path, "times": None, **parameters})

        assert run["fetch_result"][platform]["verdict"] == expected.verdict, path
        assert run["fetch_result"][platform]["removed"] == 0
        _assert_nothing_lost(before, day.stored())
        _assert_unharmed(run, other_than=platform)


def test_a_short_answer_of_likers_loses_nobody(day: Day) -> None:
    before = day.stored()
    run = day.run("15:30", {"kind": "short_likers", "times": None, "share": 0.9})
    assert run["outcome"] == "done"
    _assert_nothing_lost(before, day.stored())


def _assert_nothing_lost(before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
    for content_id, users in before.items():
        assert content_id in after
        assert users <= after[content_id]


def _assert_unharmed(run: dict[str, Any], other_than: Platform) -> None:
    other = "tiktok" if other_than == "instagram" else "instagram"
    assert run["fetch_result"][other]["verdict"] == "complete"
    assert run["engagement_result"][other]["failed"] == 0
    assert run["engagement_result"][other]["posts"] > 0
