"""Instagram through the social-api4 product: a feed's pages and a post's likers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.social.content import (
    Post,
    PostPage,
    UserPage,
    believable,
    count,
    cursor,
    flag,
    identifier,
    mapping,
    moment,
    plain_names,
    read_all,
    read_names,
    says_gone,
    text,
    url,
    username,
)
from chalicelib.social.errors import Business, Malformed, NotFound
from chalicelib.social.fallback import Fallback
from chalicelib.social.http import Api
from chalicelib.social.judge import Json

_VIDEO, _ALBUM = 2, 8


class Instagram:
    """The calls this service makes. Each raises an ApiError if it gets no usable response."""

    def __init__(self, api: Api | Fallback) -> None:
        self.api = api

    def close(self) -> None:
        self.api.close()

    def posts(self, handle: str, token: str | None = None) -> PostPage:
        """One page of an account's posts; pinned ones first and out of order, the rest newest
        first. `following` is the token of the next page."""
        more = {"pagination_token": token} if token else {}
        return self.api.get("/v1/posts", _read_posts, username_or_id_or_url=handle, **more)

    def people(self, shortcode: str, after: str | None = None) -> UserPage:
        """One page of a post's likers. The list may be partial: absence does not mean an unlike."""
        more = {"cursor": after} if after else {}
        return self.api.get("/v1/likes", _read_likers, code_or_id_or_url=shortcode, **more)

    def post(self, shortcode: str) -> Post:
        """One post. Its counts are under `metrics`. Raises NotFound if it is gone: a 404, or a
        response without a post that says so."""
        return self.api.get("/v1/post_info", _read_single, code_or_id_or_url=shortcode)


def _read_posts(answer: Json) -> PostPage:
    items = _items(answer, "/v1/posts")
    if not items and mapping(answer["data"].get("user")).get("is_private") is True:
        raise Business("/v1/posts: the account is private")
    posts, unreadable = read_all(read_post, items)
    return PostPage(tuple(posts), unreadable, _token(answer.get("pagination_token")))


def _read_likers(answer: Json) -> UserPage:
    items = _items(answer, "/v1/likes")
    names, unreadable = _plain_likers(items), 0
    if names is None:
        names, unreadable = read_names(read_liker, items)
    data = mapping(answer["data"])
    following = _token(data.get("next_cursor")) or _token(data.get("end_cursor"))
    more = flag(data.get("has_more"))
    if more is False:
        following = None
    leads_on = bool(items) and following is not None
    return UserPage(
        names,
        unreadable,
        following if leads_on else None,
        total=count(data.get("total")),
        promised=not leads_on and (more is True or following is not None),
    )


def _read_single(answer: Json) -> Post:
    item = mapping(answer.get("data"))
    posts, _ = read_all(read_post, [{**item, **mapping(item.get("metrics"))}])
    if not posts and not item.get("code") and says_gone(answer):
        raise NotFound("/v1/post_info: the answer says that the post is gone")
    if not posts:
        raise Malformed("/v1/post_info: no readable post in data")
    return posts[0]


def read_post(item: Any) -> Post:
    """A post from an item of a feed. Raises if the key or time is missing."""
    versions = mapping(item.get("image_versions")).get("items")
    images = [url(mapping(v).get("url")) for v in versions or []]
    carousel = [_image(child) for child in item.get("carousel_media") or []]
    media = item.get("media_type")
    hidden = item.get("like_and_view_counts_disabled") is True
    image = next((image for image in images if image), None)
    is_video = bool(item.get("is_video")) or media == _VIDEO
    if image and not carousel and not is_video and media != _ALBUM:
        carousel = [image]  # readers also look there for a single picture
    return Post(
        platform="instagram",
        content_id=identifier(item["code"]),
        owner=username(mapping(item.get("user")).get("username")),
        coauthors=_coauthors(item.get("coauthor_producers")),
        caption=_caption(item.get("caption")),
        posted_at=_taken_at(item),
        like_count=None if hidden else count(item.get("like_count")),
        comment_count=count(item.get("comment_count")),
        pinned=item.get("is_pinned") is True,
        thumbnail_url=url(item.get("thumbnail_url")),
        is_video=is_video,
        video_url=url(item.get("video_url")) or _first_url(item.get("video_versions")),
        image_url=image,
        images_url=tuple(image for image in carousel if image),
        is_carousel=media == _ALBUM,
    )


def _plain_likers(items: list[Any]) -> tuple[str, ...] | None:
    try:
        return plain_names(item["username"] for item in items)
    except (LookupError, TypeError):
        return None


def read_liker(item: Any) -> str | None:
    """A liker's user name, from an object or a bare string; None, or an error, if there is none."""
    return username(item if isinstance(item, str) else item["username"])


def _items(answer: Json, path: str) -> list[Any]:
    items = mapping(answer.get("data")).get("items")
    if not isinstance(items, list):
        raise Malformed(f"{path}: data.items is missing")
    return items


def _token(value: Any) -> str | None:
    return cursor(value) if value else None


def _taken_at(item: Any) -> datetime:
    if item.get("taken_at") is None and isinstance(item.get("taken_at_date"), str):
        return believable(datetime.fromisoformat(item["taken_at_date"]))
    return moment(item["taken_at"])


def _caption(value: Any) -> str:
    return text(value.get("text")) if isinstance(value, dict) else text(value)


def _coauthors(value: Any) -> tuple[str, ...]:
    producers = value if isinstance(value, list) else []
    names = (username(mapping(producer).get("username")) for producer in producers)
    return tuple(name for name in names if name)


def _image(child: Any) -> str | None:
    media = mapping(child)
    versions = mapping(media.get("image_versions")).get("items")
    return _first_url(versions) or url(media.get("thumbnail_url"))


def _first_url(versions: Any) -> str | None:
    entries = versions if isinstance(versions, list) else []
    return next((url(mapping(v).get("url")) for v in entries), None)
