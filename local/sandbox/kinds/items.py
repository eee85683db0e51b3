"""Pages whose items are fewer, other or less readable than they should be."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from local.sandbox import ids
from local.sandbox.answer import Answer
from local.sandbox.kinds.registry import Call, kind
from local.sandbox.pages import (
    COMMENTS,
    FEEDS,
    LIKES,
    LISTS,
    PINNED,
    POSTS,
    VIDEOS,
    key,
    position,
    read,
    with_following,
    with_items,
)

Items = list[Any]
Junk = Literal["no_key", "no_time", "null", "text", "caption_null"]
Share = Annotated[float, Field(ge=0, le=1)]

IDENTITY = {POSTS: ("code",), VIDEOS: ("id",), LIKES: ("username",), COMMENTS: ("user",)}
TIMES = {POSTS: ("taken_at", "taken_at_date"), VIDEOS: ("createTime",)}
CAPTIONS = {POSTS: "caption", VIDEOS: "desc"}


@kind(paths=LISTS)
def unreadable_items(
    call: Call,
    *,
    every: PositiveInt = 2,
    junk: tuple[Junk, ...] = ("no_key", "no_time", "null", "text", "caption_null"),
) -> Answer:
    """Every n-th item, from the first on, is junk of these sorts in turn.

    A `caption_null` item is still readable. Likers and comments have neither captions nor
    times, and a text in place of a liker is a liker: those sorts are left out there.
    """
    sorts = [sort for sort in junk if _applies(call.path, sort)]

    def spoil(items: Items) -> Items:
        return [
            _junk(call.path, sorts[place // every % len(sorts)], item)
            if sorts and place % every == 0
            else item
            for place, item in enumerate(items)
        ]

    return _changing(call, spoil)


@kind(paths=FEEDS)
def hidden_counts(call: Call) -> Answer:
    """No post of the feed shows its likes; on TikTok it shows no count at all."""
    instagram = {"like_count": None, "like_and_view_counts_disabled": True}

    def hide(item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        if call.path == POSTS:
            return item | instagram
        blank = {name: dict.fromkeys(item.get(name) or ()) for name in ("stats", "statsV2")}
        return item | blank

    return _changing(call, lambda items: [hide(item) for item in items])


@kind(paths=FEEDS)
def pinned_unordered(call: Call, *, count: PositiveInt = 3) -> Answer:
    """This many posts of the first page are pinned: they come first, out of order."""
    first = position(call.params.get("pagination_token") or call.params.get("cursor")) == 0

    def pin(items: Items) -> Items:
        places = _spread(len(items), count)
        rest = [item for place, item in enumerate(items) if place not in places]
        marked = {PINNED[call.path]: True}
        return [items[place] | marked for place in places] + rest

    return _changing(call, pin) if first else call.otherwise()


@kind(paths=FEEDS)
def posts_missing(call: Call, *, codes: tuple[str, ...]) -> Answer:
    """The posts with these codes, or video ids, are left out of the feed."""
    return _changing(call, lambda items: [one for one in items if key(call.path, one) not in codes])


@kind(paths=frozenset({LIKES}))
def short_likers(call: Call, *, share: Share = 0.3, seed: int = 0) -> Answer:
    """This share of the likers is left out; another seed leaves out others."""

    def kept(liker: Any) -> bool:
        return ids.number(f"{seed} {key(call.path, liker)}", 32) >= share * 2**32

    return _changing(call, lambda items: [liker for liker in items if kept(liker)])


@kind(paths=FEEDS)
def empty_feed(call: Call) -> Answer:
    """The feed is one page without posts."""
    answer = call.otherwise()
    if read(call.path, answer) is None:
        return answer
    return with_following(call.path, with_items(call.path, answer, []), None)


def _changing(call: Call, change: Callable[[Items], Sequence[Any]]) -> Answer:
    """The right page with its items changed; an answer that is not a page stays as it is."""
    answer = call.otherwise()
    page = read(call.path, answer)
    return answer if page is None else with_items(call.path, answer, change(page.items))


def _applies(path: str, sort: Junk) -> bool:
    return path in FEEDS or sort in ("no_key", "null") or (path == COMMENTS and sort == "text")


def _junk(path: str, sort: Junk, item: Any) -> Any:
    if sort == "null":
        return None
    if sort == "text":
        return "unavailable"
    fields = item if isinstance(item, dict) else {"full_name": item}
    if sort == "caption_null":
        return fields | {CAPTIONS[path]: None}
    lost = IDENTITY[path] if sort == "no_key" else TIMES[path]
    return {name: value for name, value in fields.items() if name not in lost}


def _spread(size: int, count: int) -> list[int]:
    """Up to `count` different places: the last, the first, then those between."""
    order = [size - 1, 0, *range(size // 2, size), *range(size // 2)]
    return list(dict.fromkeys(place for place in order if 0 <= place < size))[:count]
