"""Who has engaged with which posts, and what can be said of those who are not found. Pure.

Each post is, for each person, one of four things: `done` (one of the person's accounts is among
the names), `missing` (none is, and the list was read completely), `unsure` (none is, and it was
not) or `unmatched` (no account of the person is known on that platform). A status is given only if
it would be the same whatever the posts that are not certain turned out to be. So nobody is said to
lack anything on the strength of a list that was not read to its end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from chalicelib.platforms import Platform
from chalicelib.recap.evidence import Basis, CountedPost, Evidence
from chalicelib.recap.order import in_order
from chalicelib.recap.people import Person

Status = Literal[
    "lengkap", "kurang", "belum", "belum dapat dipastikan", "tanpa username", "dikecualikan",
    "tanpa konten",
]  # fmt: skip
"""`tanpa konten`: there was nothing to engage with."""

STATUSES: tuple[Status, ...] = (
    "lengkap", "kurang", "belum", "belum dapat dipastikan", "tanpa username", "dikecualikan",
    "tanpa konten",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """How many posts a person has done, and what is known of the others."""

    done: int = 0
    missing: int = 0
    unsure: int = 0
    unmatched: int = 0

    @property
    def total(self) -> int:
        return self.done + self.missing + self.unsure + self.unmatched

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.done + other.done,
            self.missing + other.missing,
            self.unsure + other.unsure,
            self.unmatched + other.unmatched,
        )


@dataclass(frozen=True)
class Line:
    """One person's result: on each platform of the recap, and on all of them together."""

    person: Person
    tallies: Mapping[Platform, Tally]
    statuses: Mapping[Platform, Status]
    together: Tally
    status: Status


@dataclass(frozen=True)
class Recap:
    """Who has engaged, person by person in the usual order, with the posts in the order in which
    they were made."""

    basis: Basis
    posts: Sequence[CountedPost]
    lines: Sequence[Line]

    def posts_on(self, platform: Platform) -> Sequence[CountedPost]:
        return [post for post in self.posts if post.platform == platform]

    @property
    def uncertain(self) -> Sequence[CountedPost]:
        """The posts whose list was not read completely."""
        return [post for post in self.posts if not post.certain]

    def counts(self, platform: Platform | None = None) -> Mapping[Status, int]:
        """How many people have each status, on a platform or together; none is left out."""
        return counts_of(
            line.statuses[platform] if platform else line.status for line in self.lines
        )


def counts_of(statuses: Iterable[Status]) -> Mapping[Status, int]:
    """How often each status is among these; none is left out."""
    found = Counter(statuses)
    return {status: found[status] for status in STATUSES}


def recap_of(evidence: Evidence) -> Recap:
    """The recap of this evidence. A person is found by any account; an account that several people
    have entered counts for each of them."""
    basis = evidence.basis
    people = in_usual_order(evidence.people)
    posts = [post for post in evidence.posts if post.platform in basis.platforms]
    posts.sort(key=lambda post: (post.day, post.posted_at, post.content_id))
    lines = list(_lines(people, _by_platform(basis, people, posts), basis))
    return Recap(basis, posts, lines)


def in_usual_order(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=in_order)


def status_of(person: Person, tally: Tally, percent: int, platforms: Iterable[Platform]) -> Status:
    """What a tally on these platforms says about a person."""
    if person.excused:
        return "dikecualikan"
    accounts = [person.accounts.get(platform) for platform in platforms]
    if tally.total == tally.unmatched and accounts and not any(accounts):
        return "tanpa username"
    if not tally.total:
        return "tanpa konten"
    at_least = _reached(tally, tally.done, percent)
    if at_least == _reached(tally, tally.done + tally.unsure + tally.unmatched, percent):
        return at_least
    if at_least == _reached(tally, tally.done + tally.unsure, percent):
        return "tanpa username"  # that alone leaves it open
    return "belum dapat dipastikan"


def _reached(tally: Tally, done: int, percent: int) -> Status:
    if done * 100 >= tally.total * percent:
        return "lengkap"
    return "kurang" if done else "belum"


def _lines(
    people: Iterable[Person], by_platform: Mapping[Platform, Sequence[Tally]], basis: Basis
) -> Iterator[Line]:
    """Each person's line. What is said of those who are alike is worked out once: of thousands of
    people few differ."""
    said: dict[object, Line] = {}
    for person, *tallies in zip(people, *by_platform.values(), strict=True):
        matched = [bool(person.accounts.get(platform)) for platform in by_platform]
        alike = (person.excused, *matched, *tallies)
        if alike not in said:
            said[alike] = _line(person, dict(zip(by_platform, tallies, strict=True)), basis)
        like = said[alike]
        yield Line(person, like.tallies, like.statuses, like.together, like.status)


def _line(person: Person, tallies: Mapping[Platform, Tally], basis: Basis) -> Line:
    together = sum(tallies.values(), Tally())
    return Line(
        person=person,
        tallies=tallies,
        statuses={p: status_of(person, t, basis.percent, [p]) for p, t in tallies.items()},
        together=together,
        status=status_of(person, together, basis.percent, tallies),
    )


def _by_platform(
    basis: Basis, people: Sequence[Person], posts: Sequence[CountedPost]
) -> dict[Platform, list[Tally]]:
    on = {p: [post for post in posts if post.platform == p] for p in basis.platforms}
    return {platform: _tallies(platform, people, of) for platform, of in on.items()}


def _tallies(
    platform: Platform, people: Sequence[Person], posts: Sequence[CountedPost]
) -> list[Tally]:
    """Each person's tally on one platform, in the order of `people`."""
    certain = _Lists([post.names for post in posts if post.certain])
    others = _Lists([post.names for post in posts if not post.certain])
    nowhere = Tally(unmatched=len(posts))

    @cache
    def tally(done: int, unsure_done: int) -> Tally:
        missing, unsure = len(certain.lists) - done, len(others.lists) - unsure_done
        return Tally(done + unsure_done, missing, unsure)

    return [
        tally(certain.with_any(names), others.with_any(names)) if names else nowhere
        for names in (person.accounts.get(platform) for person in people)
    ]


class _Lists:
    """Lists of names, and in how many of them somebody is."""

    def __init__(self, lists: Sequence[frozenset[str]]) -> None:
        self.lists = lists
        self._found: Counter[str] = Counter()
        for names in lists:
            self._found.update(names)

    def with_any(self, names: Sequence[str]) -> int:
        """How many of the lists have any of these names."""
        found = [name for name in names if name in self._found]
        if len(found) > 1:
            return sum(not one.isdisjoint(found) for one in self.lists)
        return self._found[found[0]] if found else 0


def by_day(evidence: Evidence) -> Mapping[date, Sequence[Tally]]:
    """Everybody's tally of each day that has posts, in the order of a recap's lines."""
    people, days = in_usual_order(evidence.people), defaultdict[date, list[CountedPost]](list)
    for post in evidence.posts:
        days[post.day].append(post)

    @cache
    def together(tallies: tuple[Tally, ...]) -> Tally:
        return sum(tallies, Tally())

    return {
        day: [together(tallies) for tallies in zip(*found.values(), strict=True)]
        for day in sorted(days)
        if (found := _by_platform(evidence.basis, people, days[day]))
    }
