"""Responses, as faults, that replace the sandbox's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from local.sandbox import Scenario, instagram, tiktok
from local.sandbox.world import Platform, Post

Fault = dict[str, Any]

POSTS = "/v1/posts"
LIKES = "/v1/likes"
VIDEOS = "/api/user/posts"
COMMENTS = "/api/post/comments"
USER_INFO = "/api/user/info"
POST_INFO = "/v1/post_info"
DETAIL = "/api/post/detail"


def posts_of(scenario: Scenario, platform: Platform, account: str, now: datetime) -> list[Post]:
    """The posts of `now`'s day on the account's profile, newest first."""
    found = scenario.world.account(platform, account)
    assert found is not None
    return [
        post
        for post in scenario.world.feed(found, now)
        if post.posted_at.date() == now.date() and not post.pinned
    ]


def codes_of(scenario: Scenario, platform: Platform, account: str, now: datetime) -> list[str]:
    return [post.code for post in posts_of(scenario, platform, account, now)]


def always(path: str, body: Any, **matching: Any) -> Fault:
    """This body for every request."""
    return {"path": path, "status": 200, "body": body, "times": None, **matching}


def refused(path: str, **matching: Any) -> Fault:
    """An error about this request only, which is not retried; for every request."""
    body = {"error": "the request is not valid"}
    return {"path": path, "status": 400, "body": body, "times": None, **matching}


def feed_without(
    scenario: Scenario, account: str, now: datetime, *codes: str, extra: Iterable[Any] = ()
) -> Fault:
    """The account's whole Instagram feed without these posts, on one page that is the real end."""
    found = scenario.world.account("instagram", account)
    assert found is not None
    items = [
        instagram.item(scenario.world, post, now)
        for post in scenario.world.feed(found, now)
        if post.code not in codes
    ]
    items += extra
    body = {"data": {"count": len(items), "items": items}, "pagination_token": None}
    return always(POSTS, body, account=account)


def videos_without(scenario: Scenario, account: str, now: datetime, *ids: str) -> Fault:
    """The account's whole TikTok feed without these videos, on one page that is the real end."""
    found = scenario.world.account("tiktok", account)
    assert found is not None
    items = [
        tiktok.item(scenario.world, post, now)
        for post in scenario.world.feed(found, now)
        if post.code not in ids
    ]
    return always(VIDEOS, {"cursor": "0", "hasMore": False, "itemList": items}, account=account)


def gone(*contents: str) -> list[Fault]:
    """These posts and videos are not found when looked up by id."""
    instagram = [
        {"kind": "gone", "path": POST_INFO, "post": one, "times": None} for one in contents
    ]
    codes = {"kind": "business", "code": 10204, "message": "item doesn't exist", "times": None}
    return instagram + [{**codes, "path": DETAIL, "post": one} for one in contents]


def no_posts(account: str) -> Fault:
    body = {"data": {"count": 0, "items": []}, "pagination_token": None}
    return always(POSTS, body, account=account)


def likers(code: str, *names: str) -> Fault:
    """Only these likers."""
    items = [{"username": name, "id": "1"} for name in names]
    return always(LIKES, {"data": {"count": len(items), "items": items}}, post=code)


def commenters(video_id: str, *names: str) -> Fault:
    """One comment by each of these, and no others."""
    comments = [
        {"cid": str(number), "text": "Siap", "create_time": 1, "user": {"unique_id": name}}
        for number, name in enumerate(names)
    ]
    body = {"comments": comments, "cursor": len(names), "has_more": 0, "total": len(names)}
    return always(COMMENTS, body, post=video_id)
