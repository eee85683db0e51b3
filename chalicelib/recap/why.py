"""Why somebody is, or is not, recorded for a post: what was read when, and the likely cause. Pure.

The cause is the one that the data speaks for; where it does not tell whether the person has engaged
at all, none of them says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chalicelib.recap.evidence import CountedPost, Read
from chalicelib.recap.people import Person
from chalicelib.slots import SLOT_LENGTH

Cause = Literal[
    "tercatat", "hari lain", "tanpa username", "akun berbeda", "daftar terpotong",
    "daftar belum lengkap", "belum pernah dibaca", "belum ada saat dibaca",
]  # fmt: skip
"""`tercatat`: recorded. `hari lain`: the post is counted on another day than the one asked for.
`tanpa username`: no account is entered. `akun berbeda`: a name that was read differs by a letter
from an account. `daftar terpotong`: the API ended the list before all were named. `daftar belum
lengkap`: the last read did not come to the end for another reason. `belum ada saat dibaca`: the
list was read completely, and the account was not there yet."""

SHORTEST_NAME = 4
"""Shorter names differ by a letter from too many."""


@dataclass(frozen=True)
class PostRead:
    """One read of a post's list. `named`: whether one of the person's accounts was among the names
    stored after it; None if that was not kept, or if there is no account."""

    read: Read
    named: bool | None


@dataclass(frozen=True)
class Explanation:
    """Why a person is or is not recorded for a post.

    `causes`: the likely one first, then what else may play a part. `seen_by`: the first half hour
    at whose end an account was recorded, if known. `accounts`: those that count on the platform;
    `unusable`: what was entered instead; `similar`: names that were read, each differing by a
    letter from an account. `reads`: the oldest first. `day`: the WIB day on which it counts.
    """

    post: CountedPost
    causes: Sequence[Cause]
    reads: Sequence[PostRead]
    accounts: Sequence[str]
    unusable: Sequence[str] = ()
    similar: Sequence[tuple[str, str]] = ()
    seen_by: datetime | None = None

    @property
    def cause(self) -> Cause:
        return self.causes[0]

    @property
    def day(self) -> date:
        return self.post.day


@dataclass(frozen=True)
class Why:
    """The answer to "mengapa saya belum tercatat": each post of the day, and in `elsewhere` posts
    of the days next to it for which the person is recorded."""

    person: Person
    client_id: str
    client_name: str
    day: date
    asked_at: datetime
    posts: Sequence[Explanation]
    elsewhere: Sequence[CountedPost] = ()


@dataclass(frozen=True)
class History:
    """What is known of a post's reads. `post.names` are all names that are stored;
    `snapshots`: (end of a half hour, whether an account of the person was recorded by then), the
    oldest first."""

    post: CountedPost
    reads: Sequence[Read]
    snapshots: Sequence[tuple[datetime, bool]]


def explain(
    person: Person,
    history: History,
    others: frozenset[str],
    proven: frozenset[str] = frozenset(),
    asked_day: date | None = None,
) -> Explanation:
    """Why the person is, or is not, recorded for this post. `others`: accounts of other people,
    which are never taken for a misspelt one; `proven`: accounts of the person that were read of
    other posts, and so are spelt right; `asked_day`: the day on which the person looks for it."""
    post = history.post
    accounts = person.accounts.get(post.platform, ())
    doubted = [] if post.names & set(accounts) else [one for one in accounts if one not in proven]
    similar = _similar(doubted, post.names - others)
    causes = list(_causes(person, post, bool(similar)))
    if asked_day is not None and asked_day != post.day:
        causes.insert(0, "hari lain")
    return Explanation(
        post=post,
        causes=causes,
        reads=[
            PostRead(read, _named(read, history.snapshots) if accounts else None)
            for read in history.reads
        ],
        accounts=accounts,
        unusable=person.unusable.get(post.platform, ()),
        similar=similar,
        seen_by=next((end for end, named in history.snapshots if named), None),
    )


def _causes(person: Person, post: CountedPost, similar: bool) -> Iterable[Cause]:
    accounts = person.accounts.get(post.platform, ())
    if post.names & set(accounts):
        yield "tercatat"
        return
    if not accounts:
        yield "tanpa username"
        return
    if similar:
        yield "akun berbeda"
    if post.read is None:
        yield "belum pernah dibaca"
    elif post.read.complete:
        yield "belum ada saat dibaca"
    else:
        yield "daftar terpotong" if post.read.ended == "capped" else "daftar belum lengkap"


def _named(read: Read, snapshots: Sequence[tuple[datetime, bool]]) -> bool | None:
    """Whether an account was recorded after a read: as the first snapshot says that ends when it
    was made or later, if it ends within the half hour."""
    for end, named in snapshots:
        if end >= read.slot:
            return named if end - read.slot < SLOT_LENGTH else None
    return None


def _similar(accounts: Iterable[str], names: Iterable[str]) -> Sequence[tuple[str, str]]:
    wanted = [account for account in accounts if len(account) >= SHORTEST_NAME]
    return tuple(
        (account, name) for name in sorted(names) for account in wanted if one_apart(account, name)
    )


def one_apart(one: str, other: str) -> bool:
    """Whether two names differ by one letter: another one, one more or less, or two swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    left, right = one[start:], other[start:]
    if len(left) != len(right):
        longer, shorter = (left, right) if len(left) > len(right) else (right, left)
        return longer[1:] == shorter
    swapped = left[1::-1] + left[2:] if len(left) > 1 else left
    return left[1:] == right[1:] or swapped == right
