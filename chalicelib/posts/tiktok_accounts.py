"""A client's TikTok account by its secUid: asked for once, kept, and asked for again when wrong.

The secUid is stable while a handle may change on either side: an account that was renamed still
answers to its secUid, a client whose handle was corrected has another account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.clients import Client
from chalicelib.db import Row
from chalicelib.posts.verdicts import Feed, read_feed
from chalicelib.social.errors import ApiError, Business, NotFound
from chalicelib.social.tiktok import TikTok


@dataclass(frozen=True)
class Found:
    """A feed, the secUid it was asked by, and whether the handle's was `looked_up` just now:
    that is to be kept."""

    feed: Feed
    secuid: str
    looked_up: bool = False


def read(
    tiktok: TikTok, client: Client, run: Row, since: datetime, in_time: Callable[[], bool]
) -> Found:
    """The account's feed back to `since`. `run` carries what is kept of the account.

    Where the kept secUid brings nothing, or somebody else's videos, the handle is asked once
    more; a handle that is unknown by now leaves the kept secUid in force. One that was never asked
    for may be anybody's, so nothing is taken from it while the handle cannot be asked. Raises an
    ApiError.
    """

    def feed_of(secuid: str) -> Feed:
        return read_feed(lambda cursor: tiktok.posts(secuid, cursor), since, in_time)

    kept = _kept(client, run)
    if kept is None:
        secuid = _look_up(tiktok, client)
        return Found(feed_of(secuid), secuid, looked_up=True)
    feed = feed_of(kept)
    if not _looks_wrong(feed, client):
        return Found(feed, kept)
    try:
        secuid = _look_up(tiktok, client)
    except NotFound:
        return Found(feed, kept)
    except ApiError:
        if run["account_handle"] is None:
            raise
        return Found(feed, kept)
    return Found(feed if secuid == kept else feed_of(secuid), secuid, looked_up=True)


def _kept(client: Client, run: Row) -> str | None:
    """The secUid that was asked for under the client's present handle, or, where nothing was
    asked yet, the one that stands on the client."""
    if run["account_handle"] is None:
        return client.tiktok_secuid
    return str(run["account_secuid"]) if run["account_handle"] == client.tiktok else None


def _looks_wrong(feed: Feed, client: Client) -> bool:
    if not feed.posts:
        return isinstance(feed.error, Business | NotFound)
    return all(post.owner not in (None, client.tiktok) for post in feed.posts)


def _look_up(tiktok: TikTok, client: Client) -> str:
    if client.tiktok is None:
        raise NotFound("the client has no TikTok handle")
    return tiktok.secuid(client.tiktok)
