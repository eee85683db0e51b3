"""The result of a client's run, platform by platform, as client_run stores it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from chalicelib.platforms import Platform

Verdict = Literal["complete", "partial", "empty", "error"]
"""What a fetch may conclude: only a `complete` one can show that a post is gone."""


class StoredFetch(TypedDict):
    """A platform's entry of client_run.fetch_result."""

    verdict: Verdict
    posts: int
    new: int
    removed: int
    held: int
    error_kind: str | None
    error: str | None


class StoredEngagement(TypedDict):
    """A platform's entry of client_run.engagement_result: `posts` read, `users` on them, posts
    `unchanged` since they were last read, posts `deferred` because calls were short, posts `gone`
    (not an error: a fetch has yet to confirm the deletion), posts `failed`, `unreadable` entries,
    and the last error."""

    posts: int
    users: int
    unchanged: int
    deferred: int
    gone: int
    failed: int
    unreadable: int
    error_kind: str | None
    error: str | None


Fetched = Mapping[Platform, StoredFetch]
Engaged = Mapping[Platform, StoredEngagement]


class ClientResult(TypedDict):
    """A row of slots.client_results, as far as reports use it. A result is NULL if its stage has
    not ended, or was not due."""

    client_id: str
    fetch_posts: bool
    fetch_result: Fetched | None
    engagement_result: Engaged | None
    outcome: str | None
    error_kind: str | None
    api_requests: int
    seconds: float
