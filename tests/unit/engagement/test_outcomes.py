"""What a run's results say of its platforms."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.engagement.outcomes import (
    LeftOut,
    engagement_results,
    failed_platforms,
    platform_errors,
)
from chalicelib.engagement.readers import PostRead
from chalicelib.social.errors import NotFound, Upstream


def fetched(verdict: str = "complete", error_kind: str | None = None) -> dict[str, Any]:
    return {"verdict": verdict, "error_kind": error_kind}


def refreshed(posts: int = 1, failed: int = 0, error_kind: str | None = None) -> dict[str, Any]:
    return {"posts": posts, "failed": failed, "error_kind": error_kind}


FINE, NO_POSTS = refreshed(), refreshed(posts=0)
SOME_FAILED = refreshed(posts=2, failed=1, error_kind="upstream")
ALL_FAILED = refreshed(posts=0, failed=3, error_kind="upstream")
ERROR, PARTIAL = fetched("error", "quota"), fetched("partial", "upstream")


@pytest.mark.parametrize(
    ("fetch", "engagement", "errors"),
    [
        ({}, {}, {}),
        ({"instagram": fetched()}, {"instagram": FINE, "tiktok": FINE}, {}),
        ({"instagram": fetched("empty")}, {"instagram": NO_POSTS}, {}),
        ({"instagram": ERROR}, {"instagram": FINE, "tiktok": FINE}, {"instagram": "quota"}),
        ({"instagram": PARTIAL}, {"instagram": FINE}, {"instagram": "upstream"}),
        ({"tiktok": fetched()}, {"tiktok": SOME_FAILED}, {"tiktok": "upstream"}),
        ({}, {"tiktok": ALL_FAILED}, {"tiktok": "upstream"}),
        (
            {"instagram": ERROR, "tiktok": fetched()},
            {"instagram": NO_POSTS, "tiktok": ALL_FAILED},
            {"instagram": "quota", "tiktok": "upstream"},
        ),
    ],
)
def test_trouble_in_either_stage_is_a_platforms_error(
    fetch: Any, engagement: Any, errors: dict[str, str]
) -> None:
    assert platform_errors(fetch, engagement) == errors


@pytest.mark.parametrize(
    ("fetch", "engagement", "failed"),
    [
        ({}, {}, set()),
        ({"instagram": fetched(), "tiktok": fetched()}, {"instagram": FINE, "tiktok": FINE}, set()),
        ({"instagram": fetched("empty")}, {"instagram": NO_POSTS}, set()),
        ({"instagram": PARTIAL}, {"instagram": FINE}, set()),
        ({"instagram": fetched()}, {"instagram": SOME_FAILED}, set()),
        ({}, {"instagram": NO_POSTS}, set()),
        ({"instagram": ERROR}, {"instagram": NO_POSTS, "tiktok": FINE}, {"instagram"}),
        ({"instagram": ERROR}, {"instagram": FINE}, {"instagram"}),
        ({"tiktok": fetched()}, {"tiktok": ALL_FAILED}, {"tiktok"}),
        ({}, {"instagram": ALL_FAILED, "tiktok": ALL_FAILED}, {"instagram", "tiktok"}),
        (
            {"instagram": ERROR, "tiktok": fetched()},
            {"instagram": FINE, "tiktok": ALL_FAILED},
            {"instagram", "tiktok"},
        ),
    ],
)
def test_a_platform_failed_that_brought_no_feed_or_not_one_posts_engagement(
    fetch: Any, engagement: Any, failed: set[str]
) -> None:
    assert failed_platforms(fetch, engagement) == failed


def read(content_id: str, *usernames: str, **fields: Any) -> PostRead:
    return PostRead("instagram", content_id, usernames=set(usernames), pages=1, **fields)


def test_posts_users_and_failures_are_counted() -> None:
    posts = [
        read("A", "x", "y"),
        read("B", "x", error=Upstream("504"), unreadable=2),
        PostRead("instagram", "C", error=Upstream("504")),
    ]
    result = engagement_results(["instagram"], posts, LeftOut({"instagram": 4}), {})["instagram"]
    assert result == {
        "posts": 2,
        "users": 3,
        "unchanged": 4,
        "deferred": 0,
        "gone": 0,
        "failed": 2,
        "unreadable": 2,
        "error_kind": "upstream",
        "error": "504",
    }


def test_a_post_that_is_gone_is_counted_but_no_trouble() -> None:
    posts = [PostRead("tiktok", "1", error=NotFound("gone"))]
    results = engagement_results(["tiktok"], posts, LeftOut(), {})
    assert (results["tiktok"]["gone"], results["tiktok"]["failed"]) == (1, 0)
    assert failed_platforms({}, results) == set()
    assert platform_errors({}, results) == {}


def test_a_platform_without_trouble_has_no_error() -> None:
    result = engagement_results(["tiktok"], [], LeftOut(), {})["tiktok"]
    assert (result["posts"], result["failed"]) == (0, 0)
    assert (result["error_kind"], result["error"]) == (None, None)


def test_a_continuation_adds_to_what_the_invocations_before_it_came_to() -> None:
    first = engagement_results(
        ["instagram"], [read("A", "x")], LeftOut({"instagram": 4}, {"instagram": 1}), {}
    )
    last = engagement_results(["instagram"], [read("B", "y", "z")], LeftOut(), first)["instagram"]
    assert (last["posts"], last["users"], last["unchanged"], last["deferred"]) == (2, 3, 4, 1)
