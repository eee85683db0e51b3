"""The result of a post's read, and of a client's run, platform by platform. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from chalicelib.engagement.coverage import cover
from chalicelib.engagement.readers import PostRead
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.results import Engaged, Fetched, StoredEngagement
from chalicelib.social.errors import NotFound
from chalicelib.tasks import Task


@dataclass(frozen=True)
class LeftOut:
    """How many posts of each platform were not read: they are `unchanged` since they were, or there
    were not calls enough (`deferred`)."""

    unchanged: Mapping[Platform, int] = field(default_factory=dict)
    deferred: Mapping[Platform, int] = field(default_factory=dict)


def as_stored(post: PostRead, task: Task) -> dict[str, Any]:
    """A read of a post's list as the queries that store people take it: the names in the form that
    readers join on, None if no page was read, and the result of the read."""
    mark = DESCRIPTIONS[post.platform].engagement.mark
    found = cover(task, post.so_far, post.stop)
    return {
        "platform": post.platform,
        "content_id": post.content_id,
        "usernames": sorted(mark + name for name in post.usernames) if post.read else None,
        **asdict(found),
        "complete": found.complete,
    }


def engagement_results(
    platforms: Iterable[Platform],
    posts: Sequence[PostRead],
    left_out: LeftOut,
    before: Engaged | None,
) -> dict[Platform, StoredEngagement]:
    """The JSON kept in client_run.engagement_result: this invocation's results added to `before`,
    those of the invocations that it continues."""
    results: dict[Platform, StoredEngagement] = {}
    for platform in platforms:
        earlier = (before or {}).get(platform)
        mine = [post for post in posts if post.platform == platform]
        results[platform] = _result(mine, platform, left_out, earlier)
    return results


def _result(
    posts: Sequence[PostRead],
    platform: Platform,
    left_out: LeftOut,
    earlier: StoredEngagement | None,
) -> StoredEngagement:
    before: Mapping[str, Any] = earlier or {
        "unchanged": left_out.unchanged.get(platform, 0),
        "deferred": left_out.deferred.get(platform, 0),
    }
    errors = [post.error for post in posts if post.error]
    failed = [error for error in errors if not isinstance(error, NotFound)]
    last = failed[-1] if failed else None
    return {
        "posts": before.get("posts", 0) + sum(post.read and not post.continued for post in posts),
        "users": before.get("users", 0) + sum(len(post.usernames) for post in posts),
        "unchanged": before.get("unchanged", 0),
        "deferred": before.get("deferred", 0),
        "gone": before.get("gone", 0) + len(errors) - len(failed),
        "failed": before.get("failed", 0) + len(failed),
        "unreadable": before.get("unreadable", 0) + sum(post.unreadable for post in posts),
        "error_kind": last.kind if last else before.get("error_kind"),
        "error": str(last) if last else before.get("error"),
    }


def platform_errors(fetch: Fetched, engagement: Engaged) -> dict[Platform, str]:
    """The error kind of each platform that had any trouble in either stage."""
    fetched = [(platform, result["error_kind"]) for platform, result in fetch.items()]
    engaged = [(platform, result["error_kind"]) for platform, result in engagement.items()]
    return {platform: kind for platform, kind in (*fetched, *engaged) if kind}


def failed_platforms(fetch: Fetched, engagement: Engaged) -> set[Platform]:
    """The platforms that yielded nothing: no feed, or no post's engagement at all."""
    no_feed = {name for name, result in fetch.items() if result["verdict"] == "error"}
    no_users = {name for name, r in engagement.items() if r["failed"] and not r["posts"]}
    return no_feed | no_users
