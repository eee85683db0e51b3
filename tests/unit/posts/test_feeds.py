"""Whose a feed is, and that each platform of a client fails alone."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.platforms import Platform
from chalicelib.posts.feeds import AccountFeed, read_feeds
from chalicelib.posts.run import FetchRun, History, KeptAccount
from chalicelib.posts.verdicts import Feed
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds
from chalicelib.social.content import Post, PostPage
from chalicelib.social.errors import NotFound, Upstream
from tests.unit.builders import DAY, AtOnce, make_client, make_post, wib

TODAY, _ = day_bounds(DAY)
SINCE: dict[Platform, Any] = dict.fromkeys(("instagram", "tiktok"), TODAY)


@pytest.mark.parametrize(
    ("post", "account_id", "owned"),
    [
        ({"owner": "polresx"}, None, True),
        ({"owner": "lain"}, None, False),
        ({"owner": "lain", "coauthors": ("polresx",)}, None, True),
        ({"owner": None}, None, None),
        ({"owner": "lain", "owner_id": "MS4wX"}, "MS4wX", True),
        ({"owner": "polresx", "owner_id": "MS4wY"}, "MS4wX", False),
        ({"owner": "polresx", "owner_id": None}, "MS4wX", True),
    ],
)
def test_a_feed_knows_which_posts_are_its_account_s_own(
    post: dict[str, Any], account_id: str | None, owned: bool | None
) -> None:
    feed = AccountFeed(Feed(()), "polresx", account_id)
    assert feed.owns(make_post("A", **post)) is owned


class Account:
    """One platform's API: a page, or what is raised instead."""

    def __init__(self, *posts: Post, error: Exception | None = None) -> None:
        self._page = PostPage(posts, 0, None)
        self._error = error

    def posts(self, handle: str, cursor: str | None = None) -> PostPage:
        if self._error:
            raise self._error
        return self._page


class AccountById(Account):
    """An API that knows the account by an id, which it is not asked for."""

    def account_id(self, handle: str) -> str:
        raise AssertionError(handle)


def run(**fields: Any) -> FetchRun:
    """A run that begins, with what stands on the client as its TikTok account."""
    client = make_client(**fields)
    kept = KeptAccount(on_client="MS4wX")
    history = {platform: History(True, True, True, kept) for platform in client.platforms}
    return FetchRun(client, history, ended=False, fetched=False, api_calls={})


def runtime(instagram: Account, tiktok: AccountById, time_left: bool = True) -> Runtime:
    parts = SimpleNamespace(
        apis={"instagram": instagram, "tiktok": tiktok},
        pool=AtOnce(),
        deadline=SimpleNamespace(has_time=lambda: time_left),
    )
    return cast("Runtime", parts)


def test_each_platform_brings_its_own_feed() -> None:
    video = make_post("7", wib("09:00"), platform="tiktok")
    apis = runtime(Account(make_post("A")), AccountById(video))
    feeds = read_feeds(apis, run(), SINCE)
    assert {p: [x.content_id for x in feed.feed.posts] for p, feed in feeds.items()} == {
        "instagram": ["A"],
        "tiktok": ["7"],
    }
    assert (feeds["instagram"].handle, feeds["tiktok"].account_id) == ("polresx", "MS4wX")


def test_a_platform_that_is_off_has_no_feed() -> None:
    apis = runtime(Account(make_post("A")), AccountById(error=KeyError("not to be asked")))
    assert list(read_feeds(apis, run(handles={"instagram": "polresx"}), SINCE)) == ["instagram"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Upstream("busy"), "upstream"),
        (NotFound("gone"), "not_found"),
        (RecursionError(), "unforeseen"),
        (OverflowError(), "unforeseen"),
        (KeyError("x"), "unforeseen"),
    ],
)
def test_whatever_goes_wrong_on_one_platform_is_that_platform_s_error(
    error: Exception, kind: str
) -> None:
    apis = runtime(Account(error=error), AccountById(make_post("7", platform="tiktok")))
    feeds = read_feeds(apis, run(), SINCE)
    assert feeds["instagram"].feed.verdict(had_posts=True) == "error"
    assert feeds["instagram"].feed.trouble(had_posts=True) == kind
    assert feeds["tiktok"].feed.verdict(had_posts=True) == "complete"


def test_without_time_nothing_is_asked_and_the_feed_is_cut_off() -> None:
    apis = runtime(Account(make_post("A")), AccountById(make_post("7")), time_left=False)
    yesterday = {platform: since - timedelta(days=1) for platform, since in SINCE.items()}
    for account in read_feeds(apis, run(), yesterday).values():
        assert (account.feed.posts, account.feed.cut) == ((), "no_time")
