"""TikTok through the tiktok-api23 product: accounts, a feed's pages, a video's commenters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.social.content import (
    LONGEST_CURSOR,
    Post,
    PostPage,
    UserPage,
    count,
    cursor,
    flag,
    identifier,
    mapping,
    moment,
    read_all,
    says_gone,
    text,
    url,
    username,
)
from chalicelib.social.errors import Malformed, NotFound
from chalicelib.social.fallback import Fallback
from chalicelib.social.http import Api
from chalicelib.social.judge import Json

_POSTS_A_PAGE = 35
_COMMENTS_A_PAGE = 50
_AUTHORS = ("user", "author", "owner")
_SPELLINGS = ("unique_id", "uniqueId", "username")


class TikTok:
    """The calls this service makes. Each raises an ApiError if it gets no usable response."""

    def __init__(self, api: Api | Fallback) -> None:
        self.api = api

    def close(self) -> None:
        self.api.close()

    def account_id(self, handle: str) -> str:
        """The stable secUid of an account. Raises NotFound if the API knows no such account."""
        return self.api.get("/api/user/info", _read_secuid, uniqueId=handle)

    def posts(self, secuid: str, after: str | None = None) -> PostPage:
        """One page of an account's videos; up to three pinned ones first, out of order.

        `following` may equal the cursor that was requested: the feed then does not go on.
        """
        asked = after or "0"
        return self.api.get(
            "/api/user/posts",
            lambda answer: _read_posts(answer, asked),
            secUid=secuid,
            count=_POSTS_A_PAGE,
            cursor=asked,
        )

    def people(self, video_id: str, after: str | None = None) -> UserPage:
        """One page of a video's commenters, inlined repliers included.

        A short page is not the end: the returned cursor is followed as long as `has_more` is set.
        """
        asked = after or "0"
        return self.api.get(
            "/api/post/comments",
            lambda answer: _read_commenters(answer, asked),
            videoId=video_id,
            count=_COMMENTS_A_PAGE,
            cursor=asked,
        )

    def post(self, video_id: str) -> Post:
        """One video. Raises NotFound if it is gone."""
        return self.api.get("/api/post/detail", _read_single, videoId=video_id)


def _read_secuid(answer: Json) -> str:
    info = _unwrap(answer, "userInfo").get("userInfo")
    if not isinstance(info, dict):
        raise Malformed("/api/user/info: userInfo is missing")
    user = mapping(info.get("user"))
    if not user.get("secUid"):
        raise NotFound("/api/user/info: no secUid for this account")
    try:
        return identifier(user["secUid"])
    except ValueError:
        raise Malformed("/api/user/info: the secUid is none") from None


def _read_posts(answer: Json, asked: str) -> PostPage:
    data = _unwrap(answer, "hasMore")
    if "itemList" not in data and "hasMore" not in data:
        raise Malformed("/api/user/posts: neither itemList nor hasMore")
    posts, unreadable = read_all(read_post, _listed(data, "itemList", "/api/user/posts"))
    following = cursor(data.get("cursor") or asked) if data.get("hasMore") else None
    return PostPage(tuple(posts), unreadable, following)


def _read_commenters(answer: Json, asked: str) -> UserPage:
    data = _unwrap(answer, "comments")
    if "comments" not in data:
        raise Malformed("/api/post/comments: comments is missing")
    listed = _listed(data, "comments", "/api/post/comments")
    read, unreadable = read_all(read_comment, _with_replies(listed))
    more, following = flag(data.get("has_more")), cursor(data.get("cursor"))
    leads_on = bool(listed) and more is True and following not in (None, asked)
    return UserPage(
        tuple(comment.username for comment in read),
        unreadable,
        following if leads_on else None,
        comments=frozenset(comment.id for comment in read),
        total=count(data.get("total")),
        promised=more is True and not leads_on,
    )


def _read_single(answer: Json) -> Post:
    item = mapping(_unwrap(answer, "itemInfo").get("itemInfo")).get("itemStruct")
    posts, _ = read_all(read_post, [item])
    if not item and says_gone(answer):
        raise NotFound("/api/post/detail: the answer says that the video is gone")
    if not posts:
        raise Malformed("/api/post/detail: no readable itemInfo.itemStruct")
    return posts[0]


def read_post(item: Any) -> Post:
    """A video from an item of a feed. Raises if the id or time is missing."""
    rounded, exact = mapping(item.get("stats")), mapping(item.get("statsV2"))
    author = mapping(item.get("author"))
    return Post(
        platform="tiktok",
        content_id=identifier(item["id"]),
        owner=username(author.get("uniqueId")),
        owner_id=text(author.get("secUid")) or None,
        caption=text(item.get("desc")),
        posted_at=moment(item["createTime"]),
        like_count=_count("diggCount", exact, rounded),
        comment_count=_count("commentCount", exact, rounded),
        pinned=item.get("isPinnedItem") is True,
        thumbnail_url=url(mapping(item.get("video")).get("cover")),
    )


def _count(name: str, *stats: Mapping[str, Any]) -> int | None:
    """The first of these that can be parsed."""
    counts = (count(found.get(name)) for found in stats)
    return next((number for number in counts if number is not None), None)


@dataclass(frozen=True)
class Comment:
    """A comment or a reply; if it has no id, it is identified by its author."""

    id: str
    username: str


def read_comment(comment: Any) -> Comment:
    """A comment with its author, wherever that is and however it is spelled. Raises LookupError if
    it names none."""
    holders = (*(comment.get(name) for name in _AUTHORS), comment)
    names = (_name(holder) for holder in holders)
    name = next(filter(None, names), None)
    if name is None:
        raise LookupError("a comment without an author")
    return Comment(
        text(comment.get("cid") or comment.get("id"), LONGEST_CURSOR) or f"@{name}", name
    )


def _name(holder: Any) -> str | None:
    if isinstance(holder, str):
        return username(holder)
    names = (username(mapping(holder).get(spelling)) for spelling in _SPELLINGS)
    return next(filter(None, names), None)


def _with_replies(comments: Iterable[Any]) -> Iterator[Any]:
    """The comments in their order, each before the replies inlined in it, and those in turn inlined
    in these, however deep."""
    waiting = [*comments][::-1]
    while waiting:
        comment = waiting.pop()
        yield comment
        replies = mapping(comment).get("reply_comment")
        if isinstance(replies, list):
            waiting += replies[::-1]
        elif isinstance(replies, Mapping):
            waiting.append(replies)


def _listed(data: Json, name: str, path: str) -> list[Any]:
    """The list under `name`, an empty one if it is null or absent."""
    found = data.get(name)
    if found is not None and not isinstance(found, list):
        raise Malformed(f"{path}: {name} is no list")
    return found or []


def _unwrap(answer: Json, key: str) -> Json:
    """The object that contains `key`: the response, or what it wraps in `data`."""
    inner = answer.get("data")
    if key not in answer and isinstance(inner, dict):
        return inner
    return answer
