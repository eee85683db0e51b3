"""What a client's run came to, platform by platform, as client_run keeps it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.engagement.readers import PostRead
from chalicelib.platforms import Platform
from chalicelib.social.errors import NotFound

Result = Mapping[str, Any]
Results = Mapping[Any, Result]
"""By platform."""

_COUNTS = ("posts", "users", "unchanged", "gone", "failed", "unreadable")


def engagement_results(
    platforms: Iterable[Platform],
    posts: Iterable[PostRead],
    unchanged: Mapping[Platform, int],
    before: Results,
) -> dict[Platform, dict[str, Any]]:
    """The JSON kept in client_run.engagement_result: this invocation's results on top of `before`,
    those of the invocations it continues.

    Per platform: `posts` read, `users` on them, posts `unchanged` since they were last read,
    posts `gone` (no trouble: a deleted post waits for its fetch to confirm it), posts `failed`,
    `unreadable` entries, and the last error's `error_kind` and `error`.
    """
    found: dict[Platform, dict[str, Any]] = {
        platform: dict.fromkeys(_COUNTS, 0) | {"error_kind": None, "error": None}
        for platform in platforms
    }
    for post in posts:
        _count(found[post.platform], post)
    for platform, result in found.items():
        earlier = before.get(platform)
        if earlier is None:
            result["unchanged"] = unchanged.get(platform, 0)
            continue
        for name in _COUNTS:
            result[name] += earlier.get(name, 0)
        for name in ("error_kind", "error"):
            result[name] = result[name] or earlier.get(name)
    return found


def _count(result: dict[str, Any], post: PostRead) -> None:
    result["posts"] += post.read and not post.continued
    result["users"] += len(post.usernames)
    result["unreadable"] += post.unreadable
    if isinstance(post.error, NotFound):
        result["gone"] += 1
    elif post.error:
        result["failed"] += 1
        result["error_kind"], result["error"] = post.error.kind, str(post.error)


def platform_errors(fetch: Results, engagement: Results) -> dict[str, str]:
    """The error kind of each platform that had any trouble in either stage."""
    results = [*fetch.items(), *engagement.items()]
    return {name: result["error_kind"] for name, result in results if result["error_kind"]}


def failed_platforms(fetch: Results, engagement: Results) -> set[str]:
    """The platforms that brought nothing: no feed, or not one post's engagement."""
    no_feed = {name for name, result in fetch.items() if result["verdict"] == "error"}
    no_users = {name for name, r in engagement.items() if r["failed"] and not r["posts"]}
    return no_feed | no_users
