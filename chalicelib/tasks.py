"""A task: a post that a client's personnel are to like and comment on, and how it was last read.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import SLOT_LENGTH

Ending = Literal["end", "capped", "short", "looped", "unreadable", "error", "no_time", "known"]
"""How a read ended. `end`: the list's own end, near the count if one is known; `capped`: at the
usual cap of such lists, or at ours; `short`: the list ended, or yielded nothing more, before its
count; `looped`: the list returned to pages already read; `unreadable`: entries could not be read;
`error`: a call failed; `no_time`: the invocation's time had run out; `known`: reading stopped where
all names were known already."""

_LONGEST_PAUSE = 8  # slots
_EARLY = timedelta(minutes=2)  # 20:58 is two minutes early


@dataclass(frozen=True)
class LastRead:
    """An earlier slot's coverage of a post, as far as the next read depends on it. `pages`: the
    calls that it took; `confirmed`: the read before had found the same count, and both were
    complete."""

    slot: datetime
    count: int | None
    ended: Ending
    complete: bool
    tries: int
    pages: int = 1
    confirmed: bool = False

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """From an entry of engagement.begin's `posts`."""
        return cls(**{**row, "slot": datetime.fromisoformat(row["slot"])})

    def pause_is_over(self, now: datetime) -> bool:
        """A list that stays incomplete is read again after 1, 2, 4, then every 8 slots."""
        slots = min(1 << max(self.tries - 1, 0), _LONGEST_PAUSE)
        return now - self.slot >= slots * SLOT_LENGTH - _EARLY


@dataclass(frozen=True)
class Task:
    """A post of the client's WIB day. Hidden counts are None. `manual`: a person added it.

    `late`: of yesterday, and no task of today: this slot's fetch found it, or reads yesterday's
    posts once more. `shown`: this slot has seen the post in its unit's feed, so its counts are
    current. `stored`: how many people are stored for it. `shared`: other clients have it too;
    `read_now`: it was read in this slot. `last`: the result of an earlier slot's read of it for
    this client, or None.
    """

    platform: Platform
    content_id: str
    caption: str
    posted_at: datetime
    like_count: int | None
    comment_count: int | None
    manual: bool = False
    late: bool = False
    shown: bool = False
    stored: int = 0
    shared: bool = False
    read_now: bool = False
    last: LastRead | None = None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """A task from an entry of engagement.begin's `posts`."""
        return cls(
            platform=row["platform"],
            content_id=row["content_id"],
            caption=row["caption"] or "",
            posted_at=datetime.fromisoformat(row["created_at"]),
            like_count=row["like_count"],
            comment_count=row["comment_count"],
            manual=row["source_type"] == "manual_input",
            late=row["late"],
            shown=row["shown"],
            stored=row["stored"],
            shared=row["shared"],
            read_now=row["read_now"],
            last=LastRead.from_json(row["last"]) if row["last"] else None,
        )

    @property
    def count(self) -> int | None:
        """What its list of people is compared with: likes on Instagram, comments on TikTok."""
        field = DESCRIPTIONS[self.platform].engagement.count
        return self.like_count if field == "like_count" else self.comment_count
