"""Reading who liked and commented: posts in parallel, the pages of one post in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType

from chalicelib.engagement.coverage import Stop
from chalicelib.engagement.order import ListWatch
from chalicelib.jobs import ReadSoFar, Unread
from chalicelib.parallel import side_by_side
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.social.content import UserPage
from chalicelib.social.errors import ApiError, NoTime, api_error

MAX_PAGES = 500
"""A list that has not ended after this many pages, over all invocations, is cut off."""


PageReader = Callable[[str, str | None], UserPage]


@dataclass
class PostRead:
    """What was read of one post, and why reading stopped.

    `usernames` and `unreadable` are this invocation's; `before` is what earlier invocations have
    read of the same list. `resume_from` is where to continue if time ran out; `error` ended the
    reading, and what came before it is kept.
    """

    platform: Platform
    content_id: str
    before: ReadSoFar = field(default_factory=ReadSoFar)
    usernames: set[str] = field(default_factory=set)
    unreadable: int = 0
    pages: int = 0
    comments: int = 0
    total: int | None = None
    stop: Stop = "end"
    error: ApiError | None = None
    resume_from: Unread | None = None

    @property
    def read(self) -> bool:
        """Whether this invocation has read at least one page."""
        return self.pages > 0

    @property
    def continued(self) -> bool:
        """Whether an earlier invocation has read other pages."""
        return self.before.pages > 0

    @property
    def so_far(self) -> ReadSoFar:
        """What all invocations have read so far. Names that two of them have read count twice."""
        before = self.before
        return before.model_copy(
            update={
                "names": before.names + len(self.usernames),
                "comments": before.comments + self.comments,
                "pages": before.pages + self.pages,
                "unreadable": before.unreadable + self.unreadable,
                "total": before.total if self.total is None else self.total,
            }
        )


def read_posts(
    runtime: Runtime,
    wanted: Iterable[Unread],
    watched: Mapping[tuple[Platform, str], ListWatch] = MappingProxyType({}),
) -> list[PostRead]:
    """Reads each of these posts, with a bounded number of calls at a time; a post that fails does
    not affect the others. Ends within the invocation's time limit. `watched` follow their lists.

    If there was no time for a single page, nothing is left for later: another invocation would do
    no better. The posts then have NoTime as their error.
    """

    def read(one: Unread) -> PostRead:
        try:
            page_of = runtime.apis[one.platform].people
            follow = watched.get((one.platform, one.content_id))
            return read_users(one, page_of, lambda: not runtime.deadline.has_time(), follow)
        except Exception as error:  # noqa: BLE001  any error is this post's alone
            post = PostRead(one.platform, one.content_id, before=one.so_far)
            post.error = api_error(error, one.platform)
            return _stopped(post, "error")

    posts = side_by_side(runtime.pool, read, wanted)
    if not any(post.read or post.error for post in posts):
        for post in posts:
            post.resume_from, post.error = None, NoTime("no time to read a single page")
    return posts


def read_users(
    start: Unread,
    page_of: PageReader,
    short_of_time: Callable[[], bool],
    follow: ListWatch | None = None,
) -> PostRead:
    """Reads one post's pages from where an earlier invocation stopped; `short_of_time` is called
    before each. Stops at a page that brings nothing new and at a cursor seen before: such a list
    goes in circles, at the cost of a call per page; and after a page that is `enough` for what
    follows the list."""
    post = PostRead(start.platform, start.content_id, before=start.so_far)
    trail = _Trail(start.so_far.seen)
    cursor = start.after
    while True:
        if start.so_far.pages + post.pages >= MAX_PAGES:
            return _stopped(post, "cut")
        try:
            page = None if short_of_time() else page_of(start.content_id, cursor)
        except NoTime:
            page = None
        except ApiError as error:
            post.error = error
            return _stopped(post, "error")
        if page is None:
            so_far = post.so_far.model_copy(update={"seen": trail.hashes()})
            post.resume_from = start.model_copy(update={"after": cursor, "so_far": so_far})
            return _stopped(post, "no_time")
        stop = _stop_after(page, _add(post, page, trail), trail, follow)
        if stop is not None:
            return _stopped(post, stop)
        cursor = page.following


def _stop_after(page: UserPage, new: bool, trail: _Trail, follow: ListWatch | None) -> Stop | None:
    """Why no page is read after this one, which brought something `new` or not; None if one is."""
    enough = follow is not None and follow.enough(page)
    if page.following is None:
        return "empty" if page.promised else "end"
    if not new or trail.leads_back(page.following):
        return "looped"
    return "known" if enough else None


def _stopped(post: PostRead, stop: Stop) -> PostRead:
    post.stop = stop
    return post


def _add(post: PostRead, page: UserPage, trail: _Trail) -> bool:
    """Adds a page to what was read; returns whether it brought anything new."""
    post.pages += 1
    post.unreadable += page.unreadable
    post.total = post.total if page.total is None else page.total
    new = trail.new(page.entries)
    post.usernames |= page.usernames
    post.comments += len(new & page.comments)
    return bool(new)


class _Trail:
    """Where the reading of one list has been: this invocation's entries and cursors, and hashes of
    those of earlier ones."""

    def __init__(self, before: Iterable[str]) -> None:
        self._before = frozenset(before)
        self._entries: set[str] = set()
        self._pages: list[frozenset[str]] = []
        self._cursors: set[str] = set()

    def new(self, entries: frozenset[str]) -> frozenset[str]:
        """The entries of a page that were not seen before; none if the page was seen before."""
        new = entries - self._entries
        self._entries |= entries
        self._pages.append(entries)
        if self._before and _page_hash(entries) in self._before:
            return frozenset()
        return new

    def leads_back(self, cursor: str) -> bool:
        """Whether the cursor was seen before; it counts as seen from now on."""
        known = cursor in self._cursors or _hash(cursor) in self._before
        self._cursors.add(cursor)
        return known

    def hashes(self) -> tuple[str, ...]:
        """What a continuation needs to recognise these pages and cursors."""
        pages = map(_page_hash, self._pages)
        return (*self._before, *pages, *map(_hash, self._cursors))


def _page_hash(entries: Iterable[str]) -> str:
    return _hash("\n".join(sorted(entries)))


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=6).hexdigest()
