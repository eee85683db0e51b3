"""What an engagement stage's results say of its platforms."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.engagement import PlatformRefresh, failed_platforms, platform_errors
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
    fetch: dict[str, Any], engagement: dict[str, Any], errors: dict[str, str]
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
    fetch: dict[str, Any], engagement: dict[str, Any], failed: set[str]
) -> None:
    assert failed_platforms(fetch, engagement) == failed


def test_a_refresh_counts_posts_users_and_failures() -> None:
    refresh = PlatformRefresh(usernames={"A": {"x", "y"}, "B": {"x"}, "C": set()})
    refresh.note(Upstream("504"))
    result = refresh.result()
    assert (result["posts"], result["users"], result["failed"]) == (3, 3, 1)
    assert (result["error_kind"], result["error"]) == ("upstream", "504")


def test_a_post_that_is_gone_is_counted_but_no_trouble() -> None:
    refresh = PlatformRefresh()
    refresh.note(NotFound("gone"))
    result = refresh.result()
    assert (result["gone"], result["failed"], result["error_kind"]) == (1, 0, None)
    assert failed_platforms({}, {"instagram": result}) == set()
    assert platform_errors({}, {"instagram": result}) == {}


def test_a_refresh_without_trouble_has_no_error() -> None:
    result = PlatformRefresh().result()
    assert (result["posts"], result["failed"]) == (0, 0)
    assert (result["error_kind"], result["error"]) == (None, None)
