"""Why somebody is not recorded, from the database."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib.clients import Client
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.handles import read_handle
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.recap.evidence import CountedPost, Read
from chalicelib.recap.load import (
    Question,
    known_client,
    load_lists,
    load_people,
    load_posts,
    read_of,
)
from chalicelib.recap.names import names_in
from chalicelib.recap.people import Person, accounts_of
from chalicelib.recap.why import History, Why, explain
from chalicelib.runtime import Runtime

_Key = tuple[str, str]
_NEXT_TO = timedelta(days=1)
_MOST_NAMED = 10


def ask_why(
    runtime: Runtime,
    who: str,
    day: date,
    content_id: str | None = None,
    client_id: str | None = None,
) -> Why:
    """Why a person (an id, a name or an account) is or is not recorded for the day's posts, or for
    one post of that day or a day next to it; `client_id`: the unit whose posts count, if not the
    person's own.

    Raises BadInput for a person or unit that is not known, a name that several people have,
    somebody whom that unit's recap does not count, and a post that is not among its posts.
    """
    now = runtime.now()
    with runtime.db.transaction() as tx:
        user_id, own = _find(tx, who)
        client = known_client(tx, client_id or own or "")
        people = load_people(tx, client)
        person = _one(people, user_id, client)
        around = Question(client.client_id, day - _NEXT_TO, day + _NEXT_TO, client.platforms)
        posts = load_posts(tx, client, around, [person])
        wanted = _wanted(posts, day, content_id)
        others = accounts_of(one for one in people if one is not person)
        proven = _proven(person, posts)
        explained = [
            explain(person, of, frozenset(others.get(platform, ())), proven[platform], day)
            for of in _histories(tx, person, wanted)
            for platform in [of.post.platform]
        ]
    elsewhere = [
        post
        for post in posts
        if post.day != day
        and post not in wanted
        and post.names & set(person.accounts.get(post.platform, ()))
    ]
    return Why(person, client.client_id, client.name, day, now, explained, elsewhere)


def _find(tx: Transaction, who: str) -> tuple[str, str | None]:
    """The id and the unit of the one person that this is."""
    text = who.strip()
    names = {p: name for p in PLATFORMS if (name := read_handle(text, p).name)}
    rows = tx.run("recap.find_people", text=text, names=list(set(names.values())))
    rows = [row for row in rows if row["named"] or _has_any(row["accounts"], names)]
    rows = [row for row in rows if row["user_id"] == text] or rows
    if not rows:
        raise BadInput("person", f"nobody active is known as {who!r}", 'See table "user".')
    if len(rows) > 1:
        ids = ", ".join(row["user_id"] for row in rows[:_MOST_NAMED])
        raise BadInput("person", f"{len(rows)} people are known as {who!r}", f"Name one: {ids}.")
    return rows[0]["user_id"], rows[0]["client_id"]


def _has_any(entered: Iterable[Sequence[str]], names: Mapping[Platform, str]) -> bool:
    """Whether one of the accounts that were entered, in any form, is the platform's name."""
    return any(
        platform == of and read_handle(text, platform).name == name
        for of, text in entered
        for platform, name in names.items()
    )


def _one(people: Iterable[Person], user_id: str, client: Client) -> Person:
    for person in people:
        if person.user_id == user_id:
            return person
    raise BadInput("person", f"{user_id} is not among the people of {client.client_id}")


def _wanted(posts: Sequence[CountedPost], day: date, content_id: str | None) -> list[CountedPost]:
    if content_id is None:
        return [post for post in posts if post.day == day]
    named = [post for post in posts if post.content_id == content_id.strip()]
    if not named:
        fix = "Name the day on which it was made."
        raise BadInput("post", f"{content_id} is no post of the unit around {day}", fix)
    return [post for post in named if post.day == day] or named[:1]


def _proven(person: Person, posts: Iterable[CountedPost]) -> Mapping[Platform, frozenset[str]]:
    """The person's accounts that were read of any of these posts."""
    found: defaultdict[Platform, frozenset[str]] = defaultdict(frozenset)
    for post in posts:
        found[post.platform] |= post.names & set(person.accounts.get(post.platform, ()))
    return found


def _histories(tx: Transaction, person: Person, posts: Sequence[CountedPost]) -> list[History]:
    wanted = json.dumps([{"platform": p.platform, "content_id": p.content_id} for p in posts])
    known = json.dumps({platform: list(names) for platform, names in person.accounts.items()})
    lists = load_lists(tx, posts)
    reads: dict[_Key, list[Read]] = defaultdict(list)
    for row in tx.run("recap.reads", posts=wanted):
        reads[_key(row)].append(read_of(row))
    seen: dict[_Key, list[tuple[datetime, bool]]] = defaultdict(list)
    for row in tx.run("recap.snapshots", posts=wanted, known=known):
        seen[_key(row)].append((row["window_end"], row["named"]))
    return [
        History(
            replace(post, names=names_in(lists.get(post.key))),
            reads[post.key],
            sorted(seen[post.key]),
        )
        for post in posts
    ]


def _key(row: Row) -> _Key:
    return row["platform"], row["content_id"]
