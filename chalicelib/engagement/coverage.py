"""How much of a post's list was read, and what that allows to conclude. Pure.

A list is measured by what its count is about (`platforms.Engagement`): an Instagram post's likers
against its like count; a TikTok video's comments, replies included, against its comment count,
because one person may comment often. Nothing here claims more than one read has shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.tasks import Ending, LastRead

Stop = Literal["end", "empty", "looped", "cut", "error", "no_time"]
"""Why paging stopped. `empty`: a page without entries that promised more; `cut`: our page cap."""

NEAR = 0.95
"""Near a count is what differs from it by less than a twentieth."""


@dataclass(frozen=True)
class Coverage:
    """What one read of a post's list came to.

    `names`: people read, each once. `comments`: comments read, replies included; None on
    Instagram. `count`: what the post's feed or row named, `total`: what the list itself named;
    None where hidden. `share`: the part of the list that was read, 0 to 1; None where no count can
    be believed. `tries`: reads in a row, this one included, that left the list incomplete at an
    unchanged count.
    """

    names: int
    comments: int | None
    count: int | None
    total: int | None
    pages: int
    ended: Ending
    share: float | None
    tries: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything was read, as far as the count tells."""
        return _near(self.share) and self.ended not in ("error", "no_time", "unreadable")


def cover(
    platform: Platform,
    stop: Stop,
    *,
    names: int,
    comments: int,
    pages: int,
    unreadable: int,
    count: int | None,
    total: int | None,
    stored: int,
    last: LastRead | None,
) -> Coverage:
    """What a read came to. `stored`: how many names are known of the post, by any read; where they
    are more than a count says, that count is not real and nothing rests on it."""
    by_comments = DESCRIPTIONS[platform].engagement.by_comments
    read = comments if by_comments else names
    believed = [n for n in (count, total) if n is not None and n >= NEAR * max(read, stored)]
    share = _share(read, max(believed)) if believed else None
    found = Coverage(
        names=names,
        comments=comments if by_comments else None,
        count=count,
        total=total,
        pages=pages,
        ended=_ending(platform, stop, names, unreadable, share),
        share=share,
    )
    if found.complete:
        return found
    again = last is not None and not last.complete and last.count == count
    return replace(found, tries=last.tries + 1 if again and last else 1)


def _ending(
    platform: Platform, stop: Stop, names: int, unreadable: int, share: float | None
) -> Ending:
    if stop == "error" or stop == "no_time":
        return stop
    if unreadable:
        return "unreadable"
    if stop == "looped":
        return "looped"
    if stop == "cut":
        return "capped"
    if _near(share) or (share is None and stop == "end"):
        return "end"
    at_cap = share is not None and names in DESCRIPTIONS[platform].engagement.usual_cap
    return "capped" if at_cap else "short"


def _share(read: int, expected: int) -> float:
    return 1.0 if expected <= read else read / expected


def _near(share: float | None) -> bool:
    return share is not None and share >= NEAR
