"""Accounts, posts and who engaged, as pure functions of a moment. Nothing here reads a clock.

Engagement is computed, not stored: of a post's `likes` eventual likers the first n are visible,
and n grows with time. So the same moment gives the same answer, and nobody ever withdraws a like,
but for a post's `swaps`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from local.sandbox import ids

Platform = Literal["instagram", "tiktok"]
Media = Literal["photo", "video", "album"]

CACHED_POSTS = 512
SECOND_SHARE = 0.4  # of a post's engagement, where it has a second rise
REPLY_EVERY = 10  # the last of every ten comments is a reply to the one before it


@dataclass(frozen=True, slots=True)
class Account:
    """One profile. A broken one exists, but the API does not find it."""

    platform: Platform
    username: str
    full_name: str
    broken: bool = False

    @property
    def key(self) -> str:
        """The account's other identifier in the API: a numeric id, or TikTok's secUid."""
        make = ids.user_id if self.platform == "instagram" else ids.sec_uid
        return make(self.username)


@dataclass(frozen=True, slots=True)
class Post:
    """One post or video, from `posted_at` until `deleted_at`; both are aware.

    `likes` and `comments` are the eventual numbers; about two thirds are there after `settles`.
    Engaged users are drawn from `audience_size` names of the audience; every `repeat_every`-th
    comment is by someone who has commented before (0: never). With `rises_at`, two fifths come only
    after that moment. At each of the `swaps` the earliest one still there withdraws, and the next
    one engages: the count does not change. A post outside the feed is found
    only by its code. With a `step`, engagement becomes visible only at these intervals: a count
    does not change in between. `pk` is the numeric id; `code` the shortcode (Instagram) or the
    video id (TikTok).
    """

    platform: Platform
    owner: str
    posted_at: datetime
    caption: str | int | None
    audience: str
    likes: int
    comments: int
    kind: Media = "photo"
    settles: timedelta = timedelta(minutes=45)
    step: timedelta = timedelta()
    audience_size: int = 997
    repeat_every: int = 0
    coauthors: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    pinned: bool = False
    counts_hidden: bool = False
    in_feed: bool = True
    rises_at: datetime | None = None
    swaps: tuple[datetime, ...] = ()

    pk: int = field(init=False)
    code: str = field(init=False)

    def __post_init__(self) -> None:
        if max(self.likes, self.comments) + len(self.swaps) > self.audience_size:
            raise ValueError(f"{self.caption!r}: more engagement than audience_size people")
        instagram = self.platform == "instagram"
        make = ids.instagram_pk if instagram else ids.tiktok_id
        object.__setattr__(self, "pk", make(self.owner, self.posted_at))
        object.__setattr__(self, "code", ids.shortcode(self.pk) if instagram else str(self.pk))


@dataclass(frozen=True, slots=True)
class Comment:
    """The `index`-th comment ever made on a video; a reply when `replies_to` is set."""

    index: int
    username: str
    created_at: datetime
    replies_to: int | None = None


class World:
    """Accounts with their feeds, and every post by its code.

    A post belongs to its owner's feed and to each coauthor's. Two posts with one code raise
    ValueError.
    """

    def __init__(self, accounts: Iterable[Account], posts: Iterable[Post]) -> None:
        self.accounts = {(account.platform, account.username): account for account in accounts}
        self._by_key = {(one.platform, one.key): one for one in self.accounts.values()}
        self._by_code: dict[tuple[Platform, str], Post] = {}
        self._feeds: dict[tuple[Platform, str], list[Post]] = {}
        for post in sorted(posts, key=lambda post: post.posted_at, reverse=True):
            self._add(post)

    def _add(self, post: Post) -> None:
        if self._by_code.setdefault((post.platform, post.code), post) is not post:
            raise ValueError(f"two {post.platform} posts of {post.owner} at {post.posted_at}")
        for name in (post.owner, *post.coauthors) if post.in_feed else ():
            self._feeds.setdefault((post.platform, name), []).append(post)

    def account(self, platform: Platform, name: str) -> Account | None:
        """The account of exactly this username or key, None when the API would not find it."""
        account = self.accounts.get((platform, name)) or self._by_key.get((platform, name))
        return None if account is None or account.broken else account

    def feed(self, account: Account, now: datetime) -> list[Post]:
        """What the profile shows: pinned posts first, then the newest first."""
        posts = self._feeds.get((account.platform, account.username), [])
        return sorted(
            (post for post in posts if visible(post, now)),
            key=lambda post: not (post.pinned and post.owner == account.username),
        )

    def post(self, platform: Platform, code: str, now: datetime) -> Post | None:
        """The visible post with this code."""
        post = self._by_code.get((platform, code))
        return post if post and visible(post, now) else None


def visible(post: Post, now: datetime) -> bool:
    """Whether the post is out and not yet deleted."""
    return post.posted_at <= now and (post.deleted_at is None or now < post.deleted_at)


def like_count(post: Post, now: datetime) -> int:
    """How many likes there are by then; never falls."""
    return _arrived(post, post.likes, now)


def comment_count(post: Post, now: datetime) -> int:
    """How many comments there are by then, including replies; never falls."""
    return _arrived(post, post.comments, now)


def likers(post: Post, now: datetime, start: int = 0, limit: int | None = None) -> list[str]:
    """Who has liked by then, the earliest first, each once; a slice of it when asked."""
    stop = None if limit is None else start + limit
    person, left = _audience(post), _withdrawn(post, now)
    return [person(index) for index in range(left, left + like_count(post, now))[start:stop]]


def comments(post: Post, now: datetime) -> list[Comment]:
    """Every comment and reply by then, the earliest first."""
    left = _withdrawn(post, now)
    return list(_first_comments(post, left + comment_count(post, now))[left:])


@lru_cache(CACHED_POSTS)
def _first_comments(post: Post, count: int) -> tuple[Comment, ...]:
    """Cached, because the pages of one post are requested one after the other."""
    person = _audience(post)
    return tuple(
        Comment(
            index=index,
            username=person(index - 1 if _closes(index, post.repeat_every) else index),
            created_at=post.posted_at + _delay(post, index),
            replies_to=index - 1 if _closes(index, REPLY_EVERY) else None,
        )
        for index in range(count)
    )


def commenters(post: Post, now: datetime) -> set[str]:
    """Who has commented or replied by then."""
    return {comment.username for comment in comments(post, now)}


def _arrived(post: Post, total: int, now: datetime) -> int:
    if post.rises_at is None or post.rises_at < post.posted_at:
        return _grown(post, total, now - post.posted_at)
    second = round(total * SECOND_SHARE)
    first = _grown(post, total - second, now - post.posted_at)
    return first + _grown(post, second, now - post.rises_at)


def _grown(post: Post, total: int, age: timedelta) -> int:
    elapsed = (age // post.step * post.step if post.step else age) / post.settles
    return round(total * (1 - math.exp(-elapsed))) if elapsed > 0 else 0


def _withdrawn(post: Post, now: datetime) -> int:
    return sum(moment <= now for moment in post.swaps)


def _delay(post: Post, index: int) -> timedelta:
    """When the index-th comment arrives: the inverse of `_grown`."""
    place = min(index, post.comments - 1)
    return post.settles * -math.log(1 - (place + 0.5) / post.comments)


def _closes(index: int, group: int) -> bool:
    """Whether the index is the last of a group of this size; 0 means no groups."""
    return group > 0 and index % group == group - 1


def _audience(post: Post) -> Callable[[int], str]:
    """The audience in this post's own order, each person once.

    Steps through it by a stride that is coprime to its size.
    """
    size, seed = post.audience_size, post.pk
    first = ids.number(f"first {seed}", 32)
    stride = 1 + ids.number(f"stride {seed}", 32) % size
    while math.gcd(stride, size) != 1:
        stride += 1
    return lambda index: f"{post.audience}{(first + index * stride) % size:03d}"
