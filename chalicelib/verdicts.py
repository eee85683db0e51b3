"""What a fetch may conclude. Pure: feeds in, verdicts and removals out.

Only a `complete` fetch may conclude that a post is gone, and only twice in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.errors import CiceroError
from chalicelib.social.content import Post, PostPage
from chalicelib.social.errors import ApiError

Verdict = Literal["complete", "partial", "empty", "error"]

MAX_PAGES = 40
"""A feed that has not reached yesterday after so many pages is cut off, and partial."""

_HELD_ABOVE_POSTS = 2


@dataclass(frozen=True)
class Feed:
    """What paging through an account brought: each post once, in the order first met.

    `reached` is True where paging came past the start of the period or to the true end.
    """

    posts: tuple[Post, ...]
    unreadable: int
    reached: bool
    error: CiceroError | None = None

    def between(self, start: datetime, end: datetime) -> list[Post]:
        """The posts made in [start, end)."""
        return [post for post in self.posts if start <= post.posted_at < end]

    def verdict(self, had_posts: bool) -> Verdict:
        """`had_posts`: whether the account is known to have had posts before."""
        if self.error and not self.posts:
            return "error"
        if self.error or self.unreadable or not self.reached:
            return "partial"
        return "empty" if had_posts and not self.posts else "complete"


def read_feed(
    page_after: Callable[[str | None], PostPage],
    since: datetime,
    in_time: Callable[[], bool] = lambda: True,
) -> Feed:
    """Pages through a feed until a page ends before `since`, pinned posts not counted.

    An ApiError ends the reading and is kept in the feed beside what was read. A page that brings
    nothing new may stand where another was: the feed then counts as not reached, like one that
    was cut off because `in_time` said no.
    """
    posts: dict[str, Post] = {}
    unreadable, cursor, gap = 0, None, False
    for _ in range(MAX_PAGES):
        if not in_time():
            break
        try:
            page = page_after(cursor)
        except ApiError as error:
            return Feed(tuple(posts.values()), unreadable, reached=False, error=error)
        unreadable += page.unreadable
        known = len(posts)
        for post in page.posts:
            posts.setdefault(post.content_id, post)
        ended = _ends_before(page.posts, since)
        gap = gap or (cursor is not None and len(posts) == known and not ended)
        if page.following is None or ended:
            return Feed(tuple(posts.values()), unreadable, reached=not gap)
        if page.following == cursor:
            break  # it promises more and does not go on
        cursor = page.following
    return Feed(tuple(posts.values()), unreadable, reached=False)


@dataclass(frozen=True)
class Removals:
    """Posts to take from a client, and posts that look gone but are too many to believe."""

    gone: tuple[str, ...]
    held: tuple[str, ...] = ()


def confirm_removals(missing: Iterable[str], posts_of_day: int, max_percent: int) -> Removals:
    """`missing` were absent from two complete fetches in a row. More than `max_percent` of the
    day's posts, and more than two, are held for a person to look at."""
    gone: Sequence[str] = sorted(missing)
    too_many = len(gone) * 100 > max_percent * posts_of_day
    if too_many and len(gone) > _HELD_ABOVE_POSTS:
        return Removals(gone=(), held=tuple(gone))
    return Removals(gone=tuple(gone))


def _ends_before(posts: Sequence[Post], since: datetime) -> bool:
    """Whether the page's last unpinned post is older: feeds run newest first but for pins."""
    unpinned = [post for post in posts if not post.pinned]
    return bool(unpinned) and unpinned[-1].posted_at < since
