"""A client's TikTok account by its secUid: asked for once, kept, and asked for again when wrong.

The secUid is stable while a handle may change on either side: an account that was renamed still
answers to its secUid, a client whose handle was corrected has another account.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.clients import Client
from chalicelib.db import Row
from chalicelib.runtime import Runtime
from chalicelib.social.errors import ApiError, Business, NotFound
from chalicelib.verdicts import Feed, read_feed


def read(runtime: Runtime, client: Client, run: Row, since: datetime) -> Feed:
    """The account's feed back to `since`. `run` carries what is kept of the account.

    Where the kept secUid brings nothing, or somebody else's videos, the handle is asked once
    more; a handle that is unknown by now leaves the kept secUid in force. One that was never asked
    for may be anybody's, so nothing is taken from it while the handle cannot be asked. Raises an
    ApiError.
    """
    kept = _kept(client, run)
    if kept is None:
        return _feed(runtime, _look_up(runtime, client), since)
    feed = _feed(runtime, kept, since)
    if not _looks_wrong(feed, client):
        return feed
    try:
        secuid = _look_up(runtime, client)
    except NotFound:
        return feed
    except ApiError:
        if run["account_handle"] is None:
            raise
        return feed
    return feed if secuid == kept else _feed(runtime, secuid, since)


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


def _feed(runtime: Runtime, secuid: str, since: datetime) -> Feed:
    return read_feed(lambda cursor: runtime.tiktok.posts(secuid, cursor), since)


def _look_up(runtime: Runtime, client: Client) -> str:
    if client.tiktok is None:
        raise NotFound("the client has no TikTok handle")
    secuid = runtime.tiktok.secuid(client.tiktok)
    with runtime.db.transaction() as tx:
        tx.run(
            "runs.store_secuid",
            client_id=client.client_id,
            handle=client.tiktok,
            secuid=secuid,
            now=runtime.now(),
        )
    return secuid
