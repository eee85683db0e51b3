"""What may be concluded from a fetch. Pure: feeds in, verdicts and removals out.

Only a `complete` fetch can show that a post is gone, and only twice in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.errors import CiceroError
from chalicelib.results import Verdict
from chalicelib.social.content import Post, PostPage
from chalicelib.social.errors import ApiError

Cut = Literal["looped", "capped", "no_time"]
"""Why a feed was not read far enough: a repeated page or cursor, too many pages, no time left."""

MAX_PAGES = 40
"""A feed that has not reached yesterday after this many pages is cut off, and partial."""

_MOST_PINS = 3
"""How many posts may come first, out of order, without being marked as pinned."""

_OLDER_IN_A_ROW = _MOST_PINS + 1
_IDLE_PAGES = 2
_HELD_ABOVE_POSTS = 2


@dataclass(frozen=True)
class Feed:
    """What paging through an account yielded: each post once, in the order first seen. `cut` is
    None if paging passed the start of the period, or ended at the true end or with an error."""

    posts: tuple[Post, ...]
    unreadable: int = 0
    cut: Cut | None = None
    error: CiceroError | None = None

    @property
    def reached(self) -> bool:
        """Whether paging passed the start of the period or reached the true end."""
        return self.cut is None and self.error is None

    def between(self, start: datetime, end: datetime) -> list[Post]:
        """The posts made in [start, end)."""
        return [post for post in self.posts if start <= post.posted_at < end]

    def verdict(self, had_posts: bool) -> Verdict:
        """`had_posts`: whether the account is known to have had posts before."""
        if self.error and not self.posts:
            return "error"
        if self.unreadable or not self.reached:
            return "partial"
        return "empty" if had_posts and not self.posts else "complete"

    def trouble(self, had_posts: bool) -> str | None:
        """The error kind shown in reports; None if and only if the feed is complete."""
        if self.error:
            return self.error.kind
        if self.unreadable:
            return "unreadable"
        return self.cut or ("empty" if self.verdict(had_posts) == "empty" else None)


def read_feed(
    page_after: Callable[[str | None], PostPage],
    since: datetime,
    in_time: Callable[[], bool] = lambda: True,
) -> Feed:
    """Pages through a feed until its posts are older than `since`, not counting pinned posts.

    A single old post does not end the feed: four in a row do, and, once the feed has turned out to
    be out of order, a page of nothing else. An ApiError ends the reading and is kept in the feed
    with what was read. A page that brings nothing new may have displaced another, so the feed
    counts as looped; a second one in a row, or a repeated cursor, ends the reading.
    """
    reading = _Reading(since)
    cursor: str | None = None
    asked: set[str | None] = {None}
    for _ in range(MAX_PAGES):
        if not in_time():
            return reading.feed("no_time")
        try:
            page = page_after(cursor)
        except ApiError as error:
            return reading.feed(error=error)
        reading.add(page)
        if page.following is None or reading.ends_before(page):
            return reading.feed("looped" if reading.gap else None)
        if page.following in asked or reading.idle >= _IDLE_PAGES:
            return reading.feed("looped")
        cursor = page.following
        asked.add(cursor)
    return reading.feed("capped")


class _Reading:
    """What a feed's pages have yielded so far. `idle`: how many pages in a row brought nothing new;
    `gap`: whether one of them may have displaced another."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._posts: dict[str, Post] = {}
        self._unreadable = 0
        self._pages = 0
        self.idle = 0
        self.gap = False

    def add(self, page: PostPage) -> None:
        known = len(self._posts)
        for post in page.posts:
            self._posts.setdefault(post.content_id, post)
        self._unreadable += page.unreadable
        self.idle = self.idle + 1 if len(self._posts) == known else 0
        self.gap = self.gap or bool(self.idle and self._pages and not self._is_an_end(page))
        self._pages += 1

    def feed(self, cut: Cut | None = None, error: CiceroError | None = None) -> Feed:
        return Feed(tuple(self._posts.values()), self._unreadable, cut, error)

    def ends_before(self, page: PostPage) -> bool:
        """Whether everything after this page is older than the period."""
        recent = self._recent(self._posts.values())
        if not recent or any(recent[-_OLDER_IN_A_ROW:]) or len(recent) < _OLDER_IN_A_ROW:
            return False
        in_order = sorted(recent[_MOST_PINS:], reverse=True) == recent[_MOST_PINS:]
        return in_order or not any(self._recent(page.posts))

    def _is_an_end(self, page: PostPage) -> bool:
        """Whether a page that brings nothing new may be a feed's last: it is empty, or repeats only
        older posts."""
        repeats_older = self._recent(page.posts)[-1:] == [False]
        return page.following is None and (not page.posts or repeats_older)

    def _recent(self, posts: Iterable[Post]) -> list[bool]:
        """For each unpinned post, whether it is in the period."""
        return [post.posted_at >= self._since for post in posts if not post.pinned]


@dataclass(frozen=True)
class Removals:
    """Posts to remove from a client, and posts that look gone but are too many to believe."""

    gone: tuple[str, ...]
    held: tuple[str, ...] = ()


def confirm_removals(missing: Iterable[str], posts_of_day: int, max_percent: int) -> Removals:
    """`missing` were absent from two complete fetches in a row. If they are more than `max_percent`
    of the day's posts, and more than two, they are held for a person to look at."""
    gone: Sequence[str] = sorted(missing)
    too_many = len(gone) * 100 > max_percent * posts_of_day
    if too_many and len(gone) > _HELD_ABOVE_POSTS:
        return Removals(gone=(), held=tuple(gone))
    return Removals(gone=tuple(gone))
