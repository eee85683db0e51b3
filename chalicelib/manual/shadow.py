"""A run alongside another service: the APIs are read, nothing is stored, nothing is sent, and the
day's rows in the database are compared with what was read.

Only what was read to its end is compared: nothing is concluded about posts or names that a
truncated feed or list did not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.clients import Client, participants
from chalicelib.engagement.coverage import cover
from chalicelib.engagement.readers import PostRead, read_posts
from chalicelib.jobs import Unread
from chalicelib.platforms import Platform
from chalicelib.posts.feeds import AccountFeed, read_feeds
from chalicelib.posts.run import FetchRun, History, KeptAccount
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds
from chalicelib.tasks import Task

Key = tuple[Platform, str]


@dataclass(frozen=True)
class Held:
    """A post as stored in the database: whether it was added manually, and the stored names."""

    manual: bool
    names: frozenset[str]


@dataclass(frozen=True)
class Seen:
    """A post as read just now. `names`: None if its list could not be read at all; `complete`:
    whether these are all of them."""

    names: frozenset[str] | None
    complete: bool


@dataclass(frozen=True)
class Difference:
    """A post that only one side has, or whose names differ. `names`: those that only `here` (what
    was read just now) or only `there` (the database) has; empty if the difference is the post
    itself."""

    platform: Platform
    content_id: str
    only: Literal["here", "there"]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Open:
    """A platform (id None) or a post that could not be compared in full, and why."""

    platform: Platform
    content_id: str | None
    why: str


@dataclass(frozen=True)
class Comparison:
    """One client's day. `posts` and `names`: how many were compared; `open`: what could not be."""

    client_id: str
    posts: int
    names: int
    differences: tuple[Difference, ...]
    open: tuple[Open, ...]


def comparable(runtime: Runtime) -> Sequence[Client]:
    """All clients that take part."""
    with runtime.db.transaction() as tx:
        return participants(tx.run("slots.active_clients"))


def compare_day(runtime: Runtime, client: Client) -> Comparison:
    """Reads the client's posts of today and who engaged, and compares them. Costs about as many
    calls as a slot that is read in full."""
    start, end = day_bounds(runtime.now().date())
    held = _held(runtime, client, start, end)
    feeds = read_feeds(runtime, _run_of(client), dict.fromkeys(client.platforms, start))
    shown = {
        (platform, post.content_id): Task(
            platform, post.content_id, "", post.posted_at, post.like_count, post.comment_count
        )
        for platform, found in feeds.items()
        for post in found.feed.between(start, end)
        if found.owns(post) is not False
    }
    wanted = [Unread(platform=p, content_id=i) for p, i in sorted(shown)]
    seen = {(r.platform, r.content_id): _seen(shown, r) for r in read_posts(runtime, wanted)}
    unread = {p: _why_unread(found) for p, found in feeds.items()}
    return compare(client.client_id, held, seen, {p: why for p, why in unread.items() if why})


def compare(
    client_id: str,
    held: Mapping[Key, Held],
    seen: Mapping[Key, Seen],
    unread: Mapping[Platform, str],
) -> Comparison:
    """Pure. `unread`: why the feed of a platform was not read to its end."""
    both = sorted(held.keys() & seen.keys())
    gone = sorted(held.keys() - seen.keys())
    by_hand = [key for key in gone if held[key].manual]
    differences = [Difference(*key, only="here") for key in sorted(seen.keys() - held.keys())]
    differences += [
        Difference(*key, only="there")
        for key in gone
        if key[0] not in unread and not held[key].manual
    ]
    still_open = [Open(platform, None, why) for platform, why in unread.items()]
    still_open += [Open(*key, "put there by hand, so no feed need show it") for key in by_hand]
    for key in both:
        differences += _of_names(key, held[key].names, seen[key])
        still_open += _not_told(key, held[key].names, seen[key])
    compared = sum(len(seen[key].names or ()) for key in both)
    return Comparison(client_id, len(both), compared, tuple(differences), tuple(still_open))


def _of_names(key: Key, stored: frozenset[str], seen: Seen) -> Iterator[Difference]:
    if seen.names is None:
        return
    if here := seen.names - stored:
        yield Difference(*key, "here", tuple(sorted(here)))
    if seen.complete and (there := stored - seen.names):
        yield Difference(*key, "there", tuple(sorted(there)))


def _not_told(key: Key, stored: frozenset[str], seen: Seen) -> Iterator[Open]:
    if seen.names is None:
        yield Open(*key, "its list was not read")
    elif not seen.complete and stored - seen.names:
        yield Open(*key, "its list was not read to its end")


def _held(runtime: Runtime, client: Client, start: datetime, end: datetime) -> dict[Key, Held]:
    day = {"client_id": client.client_id, "day_start": start, "day_end": end}
    with runtime.db.transaction() as tx:
        return {
            (platform, row["content_id"]): Held(
                row["source_type"] == "manual_input", frozenset(row["names"])
            )
            for platform in client.platforms
            for row in tx.run(f"{platform}.held", **day)
        }


def _run_of(client: Client) -> FetchRun:
    """A run of which nothing is known but what is stored with the client."""
    history = {
        platform: History(
            first=True,
            had=True,
            known=True,
            account=KeptAccount(on_client=client.account_ids.get(platform)),
        )
        for platform in client.platforms
    }
    return FetchRun(client, history, ended=False, fetched=False, api_calls={})


def _seen(shown: Mapping[Key, Task], read: PostRead) -> Seen:
    if not read.read:
        return Seen(None, complete=False)
    coverage = cover(shown[read.platform, read.content_id], read.so_far, read.stop)
    return Seen(frozenset(read.usernames), coverage.complete)


def _why_unread(found: AccountFeed) -> str | None:
    if found.feed.error:
        return f"its feed was not read: {found.feed.error}"
    return None if found.feed.reached and not found.feed.unreadable else "its feed was cut"
