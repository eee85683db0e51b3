"""The recap from the database: five statements, whatever the number of people; one more for every
further AT_ONCE posts."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from chalicelib.clients import Client
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.platforms import Platform
from chalicelib.recap.count import Recap, recap_of
from chalicelib.recap.evidence import Basis, CountedPost, Evidence, Read
from chalicelib.recap.names import names_in
from chalicelib.recap.people import Person, accounts_of
from chalicelib.recap.ranking import LONG_TREND, Ranking, rank
from chalicelib.recap_rule import complete_percent
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, audit_window, check_day, day_bounds, wib_day

LONGEST_DAYS = 31
AT_ONCE = 100
"""Posts whose lists are in memory at a time: a month has a thousand, each of thousands of names."""


@dataclass(frozen=True)
class Question:
    """What a recap is asked for: a client's WIB days `first` to `last`, on these platforms (None:
    all that it has on), as known now or, for a single day, at one of its slots."""

    client_id: str
    first: date
    last: date
    platforms: tuple[Platform, ...] | None = None
    at: Slot | None = None

    @classmethod
    def of_month(
        cls,
        client_id: str,
        first: date,
        today: date,
        platforms: tuple[Platform, ...] | None = None,
    ) -> Self:
        """All days so far of the month that begins on `first`."""
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return cls(client_id, first, min(last, today), platforms)


def load_recap(runtime: Runtime, question: Question) -> Recap:
    """The recap. Raises BadInput for an unknown client, and for days or a slot that cannot be."""
    return recap_of(load_evidence(runtime, question))


def load_evidence(runtime: Runtime, question: Question) -> Evidence:
    """All that the recap is made of, read in one transaction. Raises BadInput as load_recap."""
    now = runtime.now()
    _refuse(question, now)
    with runtime.db.transaction() as tx:
        client = known_client(tx, question.client_id)
        people = load_people(tx, client)
        posts = load_posts(tx, client, question, people)
        basis = _basis(tx, client, question, now)
    percent = complete_percent(runtime.settings.recap_complete_percent, client.client_type)
    read = [post.read.slot for post in posts if post.read]
    data_at = max([*read, *([basis.data_at] if basis.data_at else [])], default=None)
    return Evidence(replace(basis, percent=percent, data_at=data_at), people, posts)


def load_ranking(runtime: Runtime, client_id: str, day: date, at: Slot | None = None) -> Ranking:
    """The ranking of a client's units on a day, with the trends up to it. Raises BadInput as
    load_recap."""
    evidence = load_evidence(runtime, Question(client_id, day, day, at=at))
    before = day - timedelta(days=LONG_TREND - 1)
    history = load_evidence(runtime, Question(client_id, before, day))
    with runtime.db.transaction() as tx:
        rows = tx.run("recap.subordinates", client_id=evidence.basis.client_id)
    below = {row["client_id"]: row["name"] for row in rows}
    return rank(recap_of(evidence), below, history)


def known_client(tx: Transaction, client_id: str) -> Client:
    """The client that a person means, active or not. Raises BadInput if there is none."""
    row = tx.first("slots.find_client", client_id=client_id)
    if row is None:
        raise BadInput("client_id", f"there is no client {client_id!r}", "See table clients.")
    return Client.from_row(row)


def load_people(tx: Transaction, client: Client) -> list[Person]:
    """The client's active people: a directorate's by their role, if anybody has it."""
    by_role = (client.client_type or "").strip().lower() == "direktorat"
    [row] = tx.run("recap.people", client_id=client.client_id, by_role=by_role)
    return [Person.from_json(text) for text in row["people"]]


def load_posts(
    tx: Transaction, client: Client, question: Question, people: Sequence[Person]
) -> list[CountedPost]:
    """The posts of these days, with those of their names that are people's accounts."""
    start, end = _bounds(question)
    rows = tx.run(
        "recap.posts",
        client_id=client.client_id,
        first_day=question.first,
        last_day=question.last,
        range_start=start,
        range_end=end,
        at=question.at.at if question.at else None,
    )
    found: dict[tuple[date, str, str], CountedPost] = {}
    for row in rows:
        post = _post(row)
        if question.first <= post.day <= question.last and (
            question.platforms is None or post.platform in question.platforms
        ):
            found[post.day, post.platform, post.content_id] = post
    return _with_names(tx, list(found.values()), people, question.at)


def _with_names(
    tx: Transaction, posts: Sequence[CountedPost], people: Iterable[Person], at: Slot | None
) -> list[CountedPost]:
    known, until = accounts_of(people), audit_window(at)[1] if at else None
    named: list[CountedPost] = []
    for start in range(0, len(posts), AT_ONCE):
        some = posts[start : start + AT_ONCE]
        lists = load_lists(tx, some, until)
        named += [
            replace(post, names=names_in(lists.get(post.key), known[post.platform]))
            for post in some
        ]
    return named


def load_lists(
    tx: Transaction, posts: Iterable[CountedPost], until: datetime | None = None
) -> Mapping[tuple[str, str], Any]:
    """{a post's key: the list of people that is stored of it}; as the last snapshot before `until`
    kept it, if that is not None."""
    wanted = json.dumps([{"platform": p.platform, "content_id": p.content_id} for p in posts])
    rows = tx.run("recap.people_lists", posts=wanted, until=until)
    return {(row["platform"], row["content_id"]): row["people"] for row in rows}


def _post(row: Row) -> CountedPost:
    return CountedPost(
        platform=row["platform"],
        content_id=row["content_id"],
        day=row["wib_day"] or wib_day(row["posted_at"]),
        posted_at=row["posted_at"],
        caption=row["caption"] or "",
        read=read_of(row) if row["read_slot"] else None,
    )


def read_of(row: Row) -> Read:
    """The read that a row of recap.posts or recap.reads holds."""
    return Read(
        slot=row["read_slot"],
        at=row["read_at"],
        complete=row["complete"],
        ended=row["ended"],
        names=row["read_names"],
        share=row["share"],
    )


def _basis(tx: Transaction, client: Client, question: Question, now: datetime) -> Basis:
    start, end = _bounds(question)
    until = question.at.at if question.at else end
    row: Mapping[str, Any] = (
        tx.first("recap.basis", client_id=client.client_id, range_start=start, until=until) or {}
    )
    feeds = {p: datetime.fromisoformat(text) for p, text in row.get("feeds", {}).items()}
    return Basis(
        client_id=client.client_id,
        name=client.name,
        client_type=client.client_type,
        first=question.first,
        last=question.last,
        platforms=question.platforms or client.platforms,
        asked_at=now,
        at=question.at,
        data_at=row.get("data_at"),
        feeds=feeds,
        handles=client.handles,
    )


def _bounds(question: Question) -> tuple[datetime, datetime]:
    return day_bounds(question.first)[0], day_bounds(question.last)[1]


def _refuse(question: Question, now: datetime) -> None:
    check_day(question.first, "day")
    if question.first > wib_day(now):
        raise BadInput("day", f"{question.first} is still to come")
    if question.last < question.first:
        raise BadInput("day", f"{question.last} is before {question.first}")
    if question.last - question.first >= timedelta(days=LONGEST_DAYS):
        raise BadInput("day", f"more than {LONGEST_DAYS} days", "Ask for a month at most.")
    if question.at is None:
        return
    if question.first != question.last or question.at.day != question.first:
        raise BadInput("at", f"{question.at} is not a slot of {question.first}", "Name one day.")
    if question.at.at > now:
        raise BadInput("at", f"{question.at} is still to come")
