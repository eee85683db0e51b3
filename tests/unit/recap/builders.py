"""People, posts and evidence with the details that do not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.platforms import Platform
from chalicelib.recap.evidence import Basis, CountedPost, Evidence, Read
from chalicelib.recap.people import Person
from tests.unit.builders import DAY, wib

BASIS = Basis(
    client_id="POLRES_X",
    name="Polres X",
    client_type="org",
    first=DAY,
    last=DAY,
    platforms=("instagram", "tiktok"),
    asked_at=wib("17:10"),
    data_at=wib("17:00"),
)


def person(name: str, insta: str = "", tiktok: str = "", **fields: Any) -> Person:
    """A person whose accounts are the words of `insta` and `tiktok`."""
    accounts: dict[Platform, Sequence[str]] = {
        "instagram": insta.split(),
        "tiktok": tiktok.split(),
    }
    return Person(user_id=name, name=name, accounts=accounts, **fields)


def read(complete: bool = True, clock: str = "17:00") -> Read:
    ended: Any = "end" if complete else "short"
    share = 1.0 if complete else 0.5
    return Read(wib(clock), wib(clock), complete, ended, 10, share)


def post(
    content_id: str, names: str = "", *, complete: bool = True, platform: Platform = "instagram"
) -> CountedPost:
    """A post of the day, with the words of `names` as the accounts that are stored of it."""
    stored = frozenset(names.split())
    return CountedPost(platform, content_id, DAY, wib("08:00"), read=read(complete), names=stored)


def evidence(people: Sequence[Person], posts: Sequence[CountedPost], **basis: Any) -> Evidence:
    return Evidence(replace(BASIS, **basis), people, posts)
