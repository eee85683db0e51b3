"""A client's account by its stable id: looked up once, kept, and looked up again when wrong.

The id (TikTok's secUid) is stable while a handle may change on either side: an account that was
renamed is still found by its id, but a client whose handle was corrected has another account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.posts.run import KeptAccount
from chalicelib.posts.verdicts import Feed, read_feed
from chalicelib.social.apis import AccountsById
from chalicelib.social.errors import ApiError, Business, NotFound


@dataclass(frozen=True)
class Found:
    """A feed, the account id it was read by, and whether that id was `looked_up` just now and so
    must be stored."""

    feed: Feed
    account_id: str
    looked_up: bool = False


def read(
    api: AccountsById,
    handle: str,
    account: KeptAccount,
    since: datetime,
    in_time: Callable[[], bool],
) -> Found:
    """The account's feed back to `since`.

    If the kept id yields nothing, or somebody else's posts, the handle is looked up once more; if
    the handle is unknown by now, the kept id stays in force. A kept id that was never looked up may
    belong to anyone, so nothing is taken from it while the handle cannot be looked up. Raises an
    ApiError.
    """

    def feed_of(account_id: str) -> Feed:
        return read_feed(lambda cursor: api.posts(account_id, cursor), since, in_time)

    kept = account.id_of(handle)
    if kept is None:
        account_id = api.account_id(handle)
        return Found(feed_of(account_id), account_id, looked_up=True)
    feed = feed_of(kept)
    if not _looks_wrong(feed, handle):
        return Found(feed, kept)
    try:
        account_id = api.account_id(handle)
    except NotFound:
        return Found(feed, kept)
    except ApiError:
        if account.asked is None:
            raise
        return Found(feed, kept)
    known = feed if account_id == kept else feed_of(account_id)
    return Found(known, account_id, looked_up=True)


def _looks_wrong(feed: Feed, handle: str) -> bool:
    if not feed.posts:
        return isinstance(feed.error, Business | NotFound)
    return all(post.owner not in (None, handle) for post in feed.posts)
