"""What both APIs' responses are parsed into: posts and pages, and how odd values become plain
ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    ValidationError,
    field_serializer,
    field_validator,
)

from chalicelib.platforms import Platform
from chalicelib.social.errors import Malformed
from chalicelib.typed import storable

Item = TypeVar("Item")

_GONE = re.compile(r"(n'?t|not|no longer) exist|not found|deleted|removed", re.IGNORECASE)
_ODD = re.compile(r"[^\n!-?A-~]")  # a space, an @, anything that is not printed


LONGEST_TEXT, LONGEST_URL, LONGEST_CURSOR = 10_000, 4_000, 2_000
_LONGEST_ID = 128
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_UNREADABLE = (
    ValidationError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Post(BaseModel):
    """A post as stored. `posted_at` is aware (UTC); a hidden count is None.

    `owner` is the account that the API names as the author, in lower case, or None; `owner_id` is
    the platform's own id for it, if given; `coauthors` are the accounts that share the post.
    """

    model_config = ConfigDict(frozen=True)

    platform: Platform
    content_id: str
    owner: str | None
    owner_id: str | None = None
    coauthors: tuple[str, ...] = ()
    caption: str
    posted_at: AwareDatetime
    like_count: int | None
    comment_count: int | None
    pinned: bool = False
    thumbnail_url: str | None = None
    is_video: bool | None = None
    video_url: str | None = None
    image_url: str | None = None
    images_url: tuple[str, ...] = ()
    is_carousel: bool | None = None

    @field_validator("caption", mode="before")
    @classmethod
    def _no_caption(cls, caption: str | None) -> str:
        return caption or ""

    @field_serializer("caption")
    def _stored_caption(self, caption: str) -> str | None:
        """Readers expect NULL for a post without a caption."""
        return caption or None


@dataclass(frozen=True)
class PostPage:
    """One page of a feed. `unreadable` counts items that could not be parsed."""

    posts: tuple[Post, ...]
    unreadable: int
    following: str | None


@dataclass(frozen=True)
class UserPage:
    """One page of likers or commenters: lower-case user names without `@`, as they are `listed`,
    where they may repeat.

    `following` is the cursor of the next page, None at the end; `promised`: the page says that more
    follow, but is empty or gives no way to get there. `comments` are the ids of the comments that
    were read, replies included, empty for likers. `total` is the list's stated length.
    """

    listed: tuple[str, ...]
    unreadable: int
    following: str | None
    comments: frozenset[str] = frozenset()
    total: int | None = None
    promised: bool = False

    @cached_property
    def usernames(self) -> frozenset[str]:
        return frozenset(self.listed)

    @property
    def entries(self) -> frozenset[str]:
        """What identifies the page: its comments, or else its names."""
        return self.comments or self.usernames


def read_all(parse: Callable[[Any], Item], items: Iterable[Any]) -> tuple[list[Item], int]:
    """The items that parse, and how many did not: one bad item never hides the others."""
    good: list[Item] = []
    bad = 0
    for item in items:
        try:
            good.append(parse(item))
        except _UNREADABLE:
            bad += 1
    return good, bad


def text(value: Any, most: int = LONGEST_TEXT) -> str:
    """Text that PostgreSQL can store; other types are converted to text, and it is cut at `most`
    characters."""
    if value is None:
        return ""
    plain = value if isinstance(value, str) else str(value)
    return storable(plain[:most])


def identifier(value: Any) -> str:
    """The key of a post or an account, given as text or number. Raises ValueError if it is not
    one."""
    found = text(value, _LONGEST_ID + 1).strip() if isinstance(value, str | int) else ""
    if not found or len(found) > _LONGEST_ID:
        raise ValueError("no identifier")
    return found


def cursor(value: Any) -> str | None:
    """Where the next page begins, number or text; 0 is a valid position. None if there is none;
    raises Malformed for a value that cannot be sent back."""
    if value is None or value == "":
        return None
    if not isinstance(value, str | int) or len(str(value)) > LONGEST_CURSOR:
        raise Malformed("a cursor that is none")
    return text(value)


def count(value: Any) -> int | None:
    """A count given as int or string; None if it is hidden, negative or not a number."""
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**31 else None


def moment(value: Any) -> datetime:
    """Epoch seconds, as int or string, as an aware datetime. Raises ValueError for anything else,
    and for implausible times."""
    try:
        return believable(datetime.fromtimestamp(int(value), UTC))
    except (TypeError, OverflowError, OSError):
        raise ValueError("no epoch") from None


def believable(at: datetime) -> datetime:
    """The time, or ValueError if it is so far off that it must be something else."""
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise ValueError("a time far off")
    return at


def read_names(
    name_of: Callable[[Any], str | None], items: Iterable[Any]
) -> tuple[tuple[str, ...], int]:
    """The user names in these items, in their order, and how many items had none. There may be
    hundreds of thousands, so this is a single pass."""
    names: list[str] = []
    bad = 0
    for item in items:
        try:
            name = name_of(item)
        except (LookupError, TypeError, AttributeError):
            name = None
        if name:
            names.append(name)
        else:
            bad += 1
    return tuple(names), bad


def plain_names(names: Iterable[Any]) -> tuple[str, ...] | None:
    """These user names, all at once if none of them is odd; otherwise None, and `read_names` is
    needed, which takes ten times as long."""
    listed = list(names)
    try:
        joined = "\n".join(listed)
    except TypeError:
        return None
    if not joined.isascii() or _ODD.search(joined):
        return None
    found = joined.lower().split("\n")
    if len(found) != len(listed) or not all(found) or max(map(len, found), default=0) > _LONGEST_ID:
        return None
    return tuple(found)


def username(value: Any) -> str | None:
    """A user name in lower case, without `@`; None if there is none."""
    if not isinstance(value, str):
        return None
    name = value.strip().lower().lstrip("@ ")
    if len(name) > _LONGEST_ID:
        return None
    return (name if name.isascii() and name.isprintable() else text(name)) or None


def flag(value: Any) -> bool | None:
    """A yes or no, however it is written; None for anything else."""
    plain = str(value).strip().lower() if isinstance(value, str | int | float) else ""
    return True if plain in ("true", "1") else False if plain in ("false", "0") else None


def url(value: Any) -> str | None:
    """A URL, or None for anything that is not one."""
    if not isinstance(value, str) or len(value) > LONGEST_URL:
        return None
    return text(value) if value.startswith("http") else None


def says_gone(answer: Mapping[str, Any]) -> bool:
    """Whether a response without an item says in words that it no longer exists."""
    envelopes = (answer, mapping(answer.get("data")))
    words = [value for envelope in envelopes for value in envelope.values()]
    return any(isinstance(word, str) and _GONE.search(word) for word in words)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}
