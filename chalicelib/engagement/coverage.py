"""How much of a post's list was read, and what can be concluded from that. Pure.

A list is compared with the count that it belongs to (`platforms.Engagement`): an Instagram post's
likers with its like count; a TikTok video's comments, replies included, with its comment count,
because one person may comment often. Nothing here claims more than one read has shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from chalicelib.jobs import ReadSoFar
from chalicelib.platforms import DESCRIPTIONS, Engagement
from chalicelib.tasks import Ending, Task

Stop = Literal["end", "empty", "looped", "cut", "error", "no_time", "known"]
"""Why paging stopped. `empty`: a page without entries that promised more; `cut`: our page cap;
`known`: a page without a new name, where nothing new may follow."""

NEAR = 0.95
"""A number is near a count if it is less than a twentieth away."""


@dataclass(frozen=True)
class Coverage:
    """The result of one read of a post's list.

    `names`: distinct people read. `comments`: comments read, replies included; None on Instagram.
    `count`: the number in the post's feed or row, `total`: the number in the list itself; None if
    hidden. `share`: the part of the list that was read, 0 to 1; None if no count is credible, and
    where reading stopped at known names: some of those may have gone.
    `tries`: consecutive reads, this one included, that left the list incomplete at an unchanged
    count.
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
        """Whether everything was read, as far as the count shows."""
        return _near(self.share) and self.ended not in ("error", "no_time", "unreadable")


def cover(post: Task, read: ReadSoFar, stop: Stop) -> Coverage:
    """The result of a read of the post's list. If more names are stored for it than a count says,
    that count is not real and is ignored."""
    engagement, last = DESCRIPTIONS[post.platform].engagement, post.last
    got = read.comments if engagement.by_comments else read.names
    counts = [n for n in (post.count, read.total) if n is not None]
    believed = [n for n in counts if n >= NEAR * max(got, post.stored)]
    share = _share(got, max(believed)) if believed and stop != "known" else None
    found = Coverage(
        names=read.names,
        comments=read.comments if engagement.by_comments else None,
        count=post.count,
        total=read.total,
        pages=read.pages,
        ended=_ending(engagement, stop, read, share),
        share=share,
    )
    if found.complete:
        return found
    again = last is not None and not last.complete and last.count == post.count
    return replace(found, tries=last.tries + 1 if again and last else 1)


def _ending(engagement: Engagement, stop: Stop, read: ReadSoFar, share: float | None) -> Ending:
    if stop in ("error", "no_time", "known"):
        return stop
    if read.unreadable:
        return "unreadable"
    if stop == "looped":
        return "looped"
    if stop == "cut":
        return "capped"
    if _near(share) or (share is None and stop == "end"):
        return "end"
    at_cap = share is not None and read.names in engagement.usual_cap
    return "capped" if at_cap else "short"


def _share(read: int, expected: int) -> float:
    return 1.0 if expected <= read else read / expected


def _near(share: float | None) -> bool:
    return share is not None and share >= NEAR
