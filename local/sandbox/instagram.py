"""The Instagram product: /v1/posts, /v1/likes, /v1/post_info and /v1/info.

Shapes vary between accounts and posts as they do in recorded answers: how the last page is
marked, where the next cursor is, what a caption is.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from local.sandbox import ids
from local.sandbox.answer import Answer, Params, not_found, unknown_endpoint, whole_number
from local.sandbox.world import Account, Post, World, comment_count, like_count, likers

POSTS_PER_PAGE = 12
LIKERS_PER_PAGE = 100
BARE_STRING_EVERY = 100  # one liker of a full page is a name instead of an object
MEDIA_TYPES = {"photo": 1, "video": 2, "album": 8}


def answer(world: World, now: datetime, path: str, params: Params) -> Answer:
    """The answer to one GET request at that moment."""
    if path in ("/v1/posts", "/v1/info"):
        account = world.account("instagram", params.get("username_or_id_or_url", ""))
        if account is None:
            return not_found("Account")
        if path == "/v1/info":
            return _info(world, now, account)
        return _posts(world, now, account, params)
    if path in ("/v1/likes", "/v1/post_info"):
        post = world.post("instagram", params.get("code_or_id_or_url", ""), now)
        if post is None:
            return not_found("Media")
        return _likes(post, now, params) if path == "/v1/likes" else _post_info(world, post, now)
    return unknown_endpoint(path)


def _posts(world: World, now: datetime, account: Account, params: Params) -> Answer:
    feed = world.feed(account, now)
    start = whole_number(params.get("pagination_token", "").removeprefix("page-"))
    # Pages overlap by one post, as they do when a feed moves while it is read.
    page = feed[max(0, start - 1) : start + POSTS_PER_PAGE]
    items = [item(world, post, now) for post in page]
    data = {"count": len(items), "items": items, "user": _user(account)}
    following = start + POSTS_PER_PAGE
    if following < len(feed):
        return Answer(200, {"data": data, "pagination_token": f"page-{following}"})
    ends: list[dict[str, str | None]] = [{"pagination_token": None}, {"pagination_token": ""}, {}]
    return Answer(200, {"data": data, **ends[ids.number(account.username, 16) % len(ends)]})


def _likes(post: Post, now: datetime, params: Params) -> Answer:
    start, total = whole_number(params.get("cursor")), like_count(post, now)
    names = likers(post, now, start, LIKERS_PER_PAGE)
    items = [_liker(name, start + place) for place, name in enumerate(names)]
    data: dict[str, Any] = {"count": len(items), "items": items}
    following = start + LIKERS_PER_PAGE if start + LIKERS_PER_PAGE < total else None
    if post.pk % 2:
        data |= {"total": total, "has_more": following is not None}
        data["end_cursor"] = None if following is None else str(following)
    elif following is not None:
        data["next_cursor"] = str(following)
    return Answer(200, {"data": data})


def _liker(name: str, place: int) -> dict[str, Any] | str:
    if place % BARE_STRING_EVERY == BARE_STRING_EVERY - 1:
        return name
    private = None if place % 7 == 0 else False
    return {**_person(name), "is_private": private, "profile_pic_id": f"{place}_1"}


@lru_cache(ids.CACHED)
def _person(name: str) -> dict[str, Any]:
    """A liker's data, the same for every post; callers must not modify it."""
    return {
        "full_name": name.replace(".", " ").title(),
        "id": ids.user_id(name),
        "is_new": False,
        "is_verified": False,
        "latest_reel_media": 0,
        "profile_pic_url": ids.cdn_url(name),
        "username": name,
    }


def _post_info(world: World, post: Post, now: datetime) -> Answer:
    """Unlike in /v1/posts, the counts stand under `metrics`."""
    body = item(world, post, now)
    likes, total_comments = body.pop("like_count"), body.pop("comment_count")
    metrics = {"like_count": likes, "comment_count": total_comments, "share_count": 0}
    return Answer(200, {"data": {**body, "metrics": metrics}})


def _info(world: World, now: datetime, account: Account) -> Answer:
    profile = {
        **_user(account),
        "biography": "",
        "follower_count": 1000,
        "following_count": 10,
        "media_count": len(world.feed(account, now)),
    }
    return Answer(200, {"data": profile})


def _user(account: Account) -> dict[str, Any]:
    return {
        "username": account.username,
        "full_name": account.full_name,
        "id": account.key,
        "is_private": False,
        "is_verified": False,
    }


def item(world: World, post: Post, now: datetime) -> dict[str, Any]:
    """One post as it appears in a feed; hidden counts are null."""
    owner = world.accounts.get((post.platform, post.owner))
    full_name = owner.full_name if owner else post.owner
    picture = ids.cdn_url(post.code)
    return {
        "id": f"{post.pk}_{ids.user_id(post.owner)}" if post.pk % 3 == 0 else str(post.pk),
        "pk": post.pk,
        "code": post.code,
        "caption": _caption(post),
        "media_type": MEDIA_TYPES[post.kind],
        "media_format": post.kind,
        "is_video": post.kind == "video",
        "image_versions": {"items": [{"url": picture, "width": 960, "height": 1200}]},
        "thumbnail_url": picture,
        **_media(post, picture),
        "like_count": None if post.counts_hidden else like_count(post, now),
        "like_and_view_counts_disabled": post.counts_hidden,
        "comment_count": comment_count(post, now),
        "taken_at": int(post.posted_at.timestamp()),
        "taken_at_date": post.posted_at.astimezone(UTC).isoformat(timespec="seconds"),
        "is_pinned": post.pinned,
        "user": {"username": post.owner, "full_name": full_name},
        "coauthor_producers": [{"username": name} for name in post.coauthors],
    }


def _caption(post: Post) -> dict[str, Any] | str | None:
    """Null without a text; one in five of the others is a bare string."""
    if post.caption is None:
        return None
    if isinstance(post.caption, str) and post.pk % 5 == 0:
        return post.caption
    return {"text": post.caption, "hashtags": []}


def _media(post: Post, picture: str) -> dict[str, Any]:
    if post.kind == "video":
        video = ids.cdn_url(f"video {post.code}")
        return {"video_url": video, "video_versions": [{"url": video}], "carousel_media": None}
    if post.kind == "album":
        pages = [{"image_versions": {"items": [{"url": f"{picture}-{n}"}]}} for n in range(3)]
        return {"carousel_media": pages, "carousel_media_count": len(pages)}
    return {"carousel_media": None}
