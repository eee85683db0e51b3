"""A client's feeds on its platforms, in parallel, each of the client's own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.parallel import side_by_side
from chalicelib.platforms import Platform
from chalicelib.posts import accounts
from chalicelib.posts.run import FetchRun
from chalicelib.posts.verdicts import Feed, read_feed
from chalicelib.runtime import Runtime
from chalicelib.social.apis import AccountsById
from chalicelib.social.content import Post
from chalicelib.social.errors import api_error


@dataclass(frozen=True)
class AccountFeed:
    """A feed and the account it belongs to. `account_id`: the account's stable id, on platforms
    that identify accounts by one; `looked_up`: whether that was looked up just now."""

    feed: Feed
    handle: str | None = None
    account_id: str | None = None
    looked_up: bool = False

    def owns(self, post: Post) -> bool | None:
        """Whether the account is the post's author or one of its co-authors; None if the API does
        not say. An account that was renamed is recognised by its id."""
        if self.account_id and post.owner_id:
            return post.owner_id == self.account_id
        if post.owner is None:
            return None
        return self.handle in (post.owner, *post.coauthors)


def read_feeds(
    runtime: Runtime,
    run: FetchRun,
    since: Mapping[Platform, datetime],
) -> dict[Platform, AccountFeed]:
    """The feed of each platform that is on, back to `since`; a failure is kept as the error of that
    platform's feed. A feed that there was no time to read in full is cut off."""

    def read(platform: Platform) -> AccountFeed:
        try:
            return _read(runtime, run, platform, since[platform])
        except Exception as error:  # noqa: BLE001  any error is this platform's alone
            return AccountFeed(Feed((), error=api_error(error, platform)))

    platforms = run.client.platforms
    return dict(zip(platforms, side_by_side(runtime.pool, read, platforms), strict=True))


def _read(runtime: Runtime, run: FetchRun, platform: Platform, since: datetime) -> AccountFeed:
    may_go_on = runtime.deadline.has_time
    handle, api = run.client.handles[platform], runtime.apis[platform]
    if not isinstance(api, AccountsById):
        feed = read_feed(lambda cursor: api.posts(handle, cursor), since, may_go_on)
        return AccountFeed(feed, handle)
    found = accounts.read(api, handle, run.history[platform].account, since, may_go_on)
    return AccountFeed(found.feed, handle, found.account_id, found.looked_up)
