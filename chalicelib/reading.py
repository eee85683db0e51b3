"""Reading who liked and commented: posts side by side, the pages of one post in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.clients import Platform
from chalicelib.jobs import Unread
from chalicelib.parallel import side_by_side
from chalicelib.runtime import Runtime, in_time
from chalicelib.social.content import UserPage
from chalicelib.social.errors import ApiError

MAX_PAGES = 500
"""A list that has not ended after so many pages is cut off."""


PageReader = Callable[[str, str | None], UserPage]


@dataclass
class PostRead:
    """What was read of one post. `left` is where there was no time to go on; `error` ended the
    reading, what came before it is kept. `read`: at least one page; `continued`: an earlier
    invocation has read others. `whole`: this reading came to the list's end."""

    platform: Platform
    content_id: str
    usernames: set[str] = field(default_factory=set)
    unreadable: int = 0
    error: ApiError | None = None
    left: Unread | None = None
    read: bool = False
    continued: bool = False
    cut: bool = False

    @property
    def whole(self) -> bool:
        return self.error is None and self.left is None and not self.unreadable and not self.cut


def read_posts(runtime: Runtime, wanted: Iterable[Unread], context: Any) -> list[PostRead]:
    """Reads each of these posts, in a bounded number of calls at a time; a post that fails leaves
    the others alone. Ends in time for the invocation's limit."""

    def read(one: Unread) -> PostRead:
        page_of = page_reader(runtime, one.platform)
        return read_users(one, page_of, lambda: not in_time(context))

    return side_by_side(runtime.pool, read, wanted)


def read_users(start: Unread, page_of: PageReader, short_of_time: Callable[[], bool]) -> PostRead:
    """One post's pages from where an earlier invocation stopped; `short_of_time` is asked before
    each."""
    post = PostRead(start.platform, start.content_id, continued=start.after is not None)
    cursor = start.after
    for _ in range(MAX_PAGES):
        if short_of_time():
            post.left = start.model_copy(update={"after": cursor})
            return post
        try:
            page = page_of(start.content_id, cursor)
        except ApiError as error:
            post.error = error
            return post
        post.read = True
        post.usernames |= page.usernames
        post.unreadable += page.unreadable
        if page.following is None or page.following == cursor:
            return post
        cursor = page.following
    post.cut = True
    return post


def page_reader(runtime: Runtime, platform: Platform) -> PageReader:
    """The call that answers one page of a post's people."""
    if platform == "instagram":
        return runtime.instagram.likers
    return runtime.tiktok.commenters
