"""The TikTok product: /api/user/info, /api/user/posts, /api/post/comments, /api/post/detail.

Shapes vary as they do in recorded answers: with or without the `data` wrapper, numbers as
numbers or as text, and pages that are shorter than requested but not the last.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.sandbox import ids
from local.sandbox.answer import Answer, Params, business_error, unknown_endpoint, whole_number
from local.sandbox.world import Account, Comment, Post, World, comment_count, comments, like_count

MAX_POSTS_PER_PAGE = 35
MAX_COMMENTS_PER_PAGE = 50
CAPITALISED_EVERY = 9  # one name in nine is spelled with a capital letter


def answer(world: World, now: datetime, path: str, params: Params) -> Answer:
    """The answer to one GET request at that moment."""
    endpoints: dict[str, Callable[[World, datetime, Params], Answer]] = {
        "/api/user/info": _user_info,
        "/api/user/posts": _user_posts,
        "/api/post/comments": _post_comments,
        "/api/post/detail": _post_detail,
    }
    endpoint = endpoints.get(path)
    return endpoint(world, now, params) if endpoint else unknown_endpoint(path)


def _ok(owner: str, body: dict[str, Any]) -> Answer:
    """Success; every other owner's answers come wrapped in `data`."""
    body = {**body, "statusCode": 0, "status_code": 0, "status_msg": ""}
    return Answer(200, {"data": body} if ids.number(owner, 16) % 2 else body)


def _user_info(world: World, now: datetime, params: Params) -> Answer:
    account = world.account("tiktok", params.get("uniqueId") or params.get("secUid", ""))
    if account is None:
        return business_error(10202, "user doesn't exist")
    stats = {"followerCount": 1000, "videoCount": len(world.feed(account, now))}
    info = {
        "user": {**_author(account), "privateAccount": False, "signature": ""},
        "stats": stats,
        "statsV2": {name: str(value) for name, value in stats.items()},
    }
    return _ok(account.username, {"userInfo": info})


def _user_posts(world: World, now: datetime, params: Params) -> Answer:
    if not params.get("secUid"):
        return Answer(400, {"error": "missing required params"})
    account = world.account("tiktok", params["secUid"])
    if account is None:
        return business_error(10202, "user doesn't exist")
    cursor = whole_number(params.get("cursor"))
    count = min(whole_number(params.get("count"), MAX_POSTS_PER_PAGE), MAX_POSTS_PER_PAGE)
    page, following = _page(world.feed(account, now), cursor, count)
    body: dict[str, Any] = {"cursor": str(following or cursor), "hasMore": following is not None}
    if page:
        body["itemList"] = [item(world, post, now) for post in page]
    return _ok(account.username, body)


def _page(feed: list[Post], cursor: int, count: int) -> tuple[list[Post], int | None]:
    """Posts older than the cursor with the next cursor, both in milliseconds; None at the end.

    The first page (cursor 0) begins with the pinned posts; they do not count and do not return.
    """
    pinned = [] if cursor else [post for post in feed if post.pinned]
    waiting = [post for post in feed if not post.pinned]
    if cursor:
        waiting = [post for post in waiting if _milliseconds(post) < cursor]
    page = waiting[:count]
    return pinned + page, _milliseconds(page[-1]) if len(waiting) > len(page) else None


def _milliseconds(post: Post) -> int:
    return int(post.posted_at.timestamp()) * 1000


def _post_detail(world: World, now: datetime, params: Params) -> Answer:
    post = world.post("tiktok", params.get("videoId", ""), now)
    if post is None:
        return business_error(10204, "item doesn't exist")
    return _ok(post.owner, {"itemInfo": {"itemStruct": item(world, post, now)}})


def _post_comments(world: World, now: datetime, params: Params) -> Answer:
    post = world.post("tiktok", params.get("videoId", ""), now)
    if post is None:
        return business_error(10204, "item doesn't exist")
    everything = comments(post, now)
    replies = {one.replies_to: one for one in everything if one.replies_to is not None}
    top = [one for one in everything if one.replies_to is None]
    start = whole_number(params.get("cursor"))
    stop = start + _page_size(post, start, params)
    body = {
        "comments": [_comment(post, one, replies.get(one.index)) for one in top[start:stop]],
        "cursor": min(stop, len(top)),
        "has_more": int(stop < len(top)),
        "total": len(everything),
        "alias_comment_deleted": False,
        "status_code": 0,
        "status_msg": "",
    }
    return Answer(200, body)


def _page_size(post: Post, start: int, params: Params) -> int:
    """As requested, up to the limit, but every third page is one comment short."""
    size = min(whole_number(params.get("count"), MAX_COMMENTS_PER_PAGE), MAX_COMMENTS_PER_PAGE)
    return size - 1 if size > 1 and (post.pk + start // size) % 3 == 0 else size


def _comment(post: Post, comment: Comment, reply: Comment | None) -> dict[str, Any]:
    return {
        "aweme_id": post.code,
        "cid": str(post.pk + comment.index + 1),
        "create_time": int(comment.created_at.timestamp()),
        "digg_count": 0,
        "image_list": None,
        "reply_comment": [_comment(post, reply, None)] if reply else None,
        "reply_comment_total": 1 if reply else 0,
        "reply_id": "0" if comment.replies_to is None else str(post.pk + comment.replies_to + 1),
        "status": 1,
        "text": "" if comment.index % 8 == 5 else "Siap laksanakan 🚔",
        "user": {
            "nickname": comment.username,
            "sec_uid": ids.sec_uid(comment.username),
            "uid": ids.user_id(comment.username),
            "unique_id": _spelled(comment),
        },
    }


def _spelled(comment: Comment) -> str:
    capital = comment.index % CAPITALISED_EVERY == CAPITALISED_EVERY - 1
    return comment.username.capitalize() if capital else comment.username


def _author(account: Account) -> dict[str, Any]:
    return {
        "id": ids.user_id(account.username),
        "nickname": account.full_name,
        "secUid": account.key,
        "uniqueId": account.username,
        "verified": False,
    }


def item(world: World, post: Post, now: datetime) -> dict[str, Any]:
    """One video as it appears in a feed; some have `createTime` and `stats` as text."""
    owner = world.accounts.get(("tiktok", post.owner)) or Account("tiktok", post.owner, post.owner)
    created = int(post.posted_at.timestamp())
    stats = {
        "diggCount": like_count(post, now),
        "commentCount": comment_count(post, now),
        "playCount": 10 * like_count(post, now),
        "shareCount": 0,
    }
    as_text: dict[str, Any] = {name: str(value) for name, value in stats.items()}
    textual = post.pk % 4 == 0
    return {
        "author": _author(owner),
        "createTime": str(created) if textual else created,
        "desc": str(post.caption or ""),
        "id": post.code,
        "isPinnedItem": post.pinned,
        "stats": as_text if textual else stats,
        "statsV2": as_text,
        "video": {"cover": ids.cdn_url(post.code), "duration": 18, "id": post.code},
    }
