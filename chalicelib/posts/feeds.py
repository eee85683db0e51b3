"""A client's feeds on its platforms, side by side, each of the client's own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.clients import Client
from chalicelib.db import Row
from chalicelib.parallel import side_by_side
from chalicelib.platforms import Platform
from chalicelib.posts import tiktok_accounts
from chalicelib.posts.verdicts import Feed, read_feed
from chalicelib.runtime import Runtime
from chalicelib.social.content import Post
from chalicelib.social.errors import api_error


@dataclass(frozen=True)
class AccountFeed:
    """A feed and whose it is. `secuid`: TikTok's id of the account; `looked_up`: whether it was
    asked for just now."""

    feed: Feed
    handle: str | None = None
    secuid: str | None = None
    looked_up: bool = False

    def owns(self, post: Post) -> bool | None:
        """Whether the account is the post's author or one of its co-authors; None where the API
        does not say. An account that was renamed is known by its id."""
        if self.secuid and post.owner_id:
            return post.owner_id == self.secuid
        if post.owner is None:
            return None
        return self.handle in (post.owner, *post.coauthors)


def read_feeds(
    runtime: Runtime,
    client: Client,
    run: Row,
    since: Mapping[Platform, datetime],
) -> dict[Platform, AccountFeed]:
    """The feed of each platform that is on, back to `since`; each fails alone, into its own feed's
    error. A feed that there was no time to read through is cut off."""

    def read(platform: Platform) -> AccountFeed:
        try:
            return _read(runtime, client, run, platform, since[platform])
        except Exception as error:  # noqa: BLE001  one platform's trouble, whatever it is
            return AccountFeed(Feed((), error=api_error(error, platform)))

    feeds = side_by_side(runtime.pool, read, client.platforms)
    return dict(zip(client.platforms, feeds, strict=True))


def _read(
    runtime: Runtime,
    client: Client,
    run: Row,
    platform: Platform,
    since: datetime,
) -> AccountFeed:
    may_go_on = runtime.deadline.has_time
    if platform == "instagram":
        handle = client.instagram or ""
        feed = read_feed(lambda cursor: runtime.instagram.posts(handle, cursor), since, may_go_on)
        return AccountFeed(feed, handle)
    found = tiktok_accounts.read(runtime.tiktok, client, run, since, may_go_on)
    return AccountFeed(found.feed, client.tiktok, found.secuid, found.looked_up)
