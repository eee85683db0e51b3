"""TikTok through the tiktok-api23 product: accounts, a feed's pages, a video's commenters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.social.content import (
    Post,
    PostPage,
    UserPage,
    count,
    mapping,
    moment,
    read_all,
    read_names,
    says_gone,
    text,
    url,
    username,
)
from chalicelib.social.errors import Malformed, NotFound
from chalicelib.social.http import Api, Fallback, Json

_POSTS_A_PAGE = 35
_COMMENTS_A_PAGE = 50


class TikTok:
    """The calls this service makes. Each raises an ApiError where the answer is not one."""

    def __init__(self, api: Api | Fallback) -> None:
        self.api = api

    def close(self) -> None:
        self.api.close()

    def secuid(self, handle: str) -> str:
        """The stable secUid of an account. NotFound where the API knows no such account."""
        return self.api.get("/api/user/info", _read_secuid, uniqueId=handle)

    def posts(self, secuid: str, cursor: str | None = None) -> PostPage:
        """One page of an account's videos; up to three pinned ones first, out of order.

        `following` may be the cursor that was asked for: the feed then does not go on.
        """
        asked = cursor or "0"
        return self.api.get(
            "/api/user/posts",
            lambda answer: _read_posts(answer, asked),
            secUid=secuid,
            count=_POSTS_A_PAGE,
            cursor=asked,
        )

    def commenters(self, video_id: str, cursor: str | None = None) -> UserPage:
        """One page of a video's commenters, inlined repliers included.

        A short page is not the end: the returned cursor is followed while `has_more`.
        """
        asked = cursor or "0"
        return self.api.get(
            "/api/post/comments",
            lambda answer: _read_commenters(answer, asked),
            videoId=video_id,
            count=_COMMENTS_A_PAGE,
            cursor=asked,
        )

    def post(self, video_id: str) -> Post:
        """One video. NotFound where it is gone."""
        return self.api.get("/api/post/detail", _read_single, videoId=video_id)


def _read_secuid(answer: Json) -> str:
    info = _unwrap(answer, "userInfo").get("userInfo")
    if not isinstance(info, dict):
        raise Malformed("/api/user/info: userInfo is missing")
    user = mapping(info.get("user"))
    if not user.get("secUid"):
        raise NotFound("/api/user/info: no secUid for this account")
    return str(user["secUid"])


def _read_posts(answer: Json, asked: str) -> PostPage:
    data = _unwrap(answer, "hasMore")
    if "itemList" not in data and "hasMore" not in data:
        raise Malformed("/api/user/posts: neither itemList nor hasMore")
    posts, unreadable = read_all(read_post, _listed(data, "itemList", "/api/user/posts"))
    following = str(data.get("cursor") or asked) if data.get("hasMore") else None
    return PostPage(tuple(posts), unreadable, following)


def _read_commenters(answer: Json, asked: str) -> UserPage:
    data = _unwrap(answer, "comments")
    if "comments" not in data:
        raise Malformed("/api/post/comments: comments is missing")
    comments = list(_with_replies(_listed(data, "comments", "/api/post/comments")))
    names, unreadable = read_names(read_commenter, comments)
    following = str(data.get("cursor")) if data.get("has_more") in (1, True) else None
    ended = not comments or following in (None, "None", asked)
    return UserPage(names, unreadable, None if ended else following)


def _read_single(answer: Json) -> Post:
    item = mapping(_unwrap(answer, "itemInfo").get("itemInfo")).get("itemStruct")
    posts, _ = read_all(read_post, [item])
    if not item and says_gone(answer):
        raise NotFound("/api/post/detail: the answer says that the video is gone")
    if not posts:
        raise Malformed("/api/post/detail: no readable itemInfo.itemStruct")
    return posts[0]


def read_post(item: Any) -> Post:
    """A video from an item of a feed. Raises where id or time are missing."""
    stats = mapping(item.get("stats")) or mapping(item.get("statsV2"))
    author = mapping(item.get("author"))
    video_id = text(item["id"]).strip()
    if not video_id:
        raise ValueError("a video without an id")
    return Post(
        platform="tiktok",
        content_id=video_id,
        owner=username(author.get("uniqueId")),
        owner_id=text(author.get("secUid")) or None,
        caption=text(item.get("desc")),
        posted_at=moment(item["createTime"]),
        like_count=count(stats.get("diggCount")),
        comment_count=count(stats.get("commentCount")),
        pinned=item.get("isPinnedItem") is True,
        thumbnail_url=url(mapping(item.get("video")).get("cover")),
    )


def read_commenter(comment: Any) -> str | None:
    """The user name of a comment, in any of its spellings; None, or an error, where there is
    none."""
    user = comment["user"]
    names = (username(user.get(spelling)) for spelling in ("unique_id", "uniqueId", "username"))
    return next(filter(None, names), None)


def _with_replies(comments: list[Any]) -> Iterator[Any]:
    for comment in comments:
        yield comment
        replies = mapping(comment).get("reply_comment")
        yield from replies if isinstance(replies, list) else []


def _listed(data: Json, name: str, path: str) -> list[Any]:
    """The list under `name`, an empty one where it is null or absent."""
    found = data.get(name)
    if found is not None and not isinstance(found, list):
        raise Malformed(f"{path}: {name} is no list")
    return found or []


def _unwrap(answer: Json, key: str) -> Json:
    """The object that holds `key`: the answer, or what it wraps in `data`."""
    inner = answer.get("data")
    if key not in answer and isinstance(inner, dict):
        return inner
    return answer
