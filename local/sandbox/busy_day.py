"""The day that `bench --day` plays: posts that appear over the day, and all that makes their counts
hard to trust."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from local.sandbox.pages import LIKES
from local.sandbox.scenario import WIB, Scenario, crowd_accounts, crowd_clients
from local.sandbox.world import Platform, Post, World

POSTS, LIKERS = 6, 250
VIDEOS, COMMENTS = 3, 120
"""A client's day, as the costs in docs/performance.md assume it."""

_PUBLISHED = ("04:43", "07:43", "09:13", "11:13", "13:43", "15:43")
_FILMED = ("05:13", "10:43", "14:13")
_RISE = time(16, 50)
_SWAPS = (time(19, 10), time(20, 40))
_CAPPED_LIKERS, CAP = 1_300, 1_000
_HIDDEN_LIKERS = 80
_SHARED_BY = 3


@dataclass(frozen=True)
class DayLoad:
    """A day of `clients` units, and the faults of its lists. `odd` posts are those of which counts
    say too little: hidden, or of a list that ends at a cap."""

    scenario: Scenario
    faults: tuple[dict[str, Any], ...]
    odd: frozenset[str]


def day_load(day: date, clients: int) -> DayLoad:
    """Every post rises after its publication and again before 17:00, by half of its people within
    minutes. Three units in a row share the first one's last post; a likes list of every tenth unit
    ends at its cap, one of every tenth has a hidden count, and on a third of all posts people
    withdraw in the evening while others engage. One day before and after, nothing is posted."""
    midnight = datetime.combine(day, time(), WIB)
    made: list[Post] = []
    for number in range(1, clients + 1):
        made += _pictures(midnight, number, clients) + _videos(midnight, number)
    capped = [post for post in made if post.likes == _CAPPED_LIKERS]
    odd = [post.code for post in made if post.counts_hidden or post in capped]
    accounts = [account for n in range(1, clients + 1) for account in crowd_accounts(n)]
    scenario = Scenario(day, crowd_clients(clients, "org"), World(accounts, made))
    fault = {"kind": "capped_list", "path": LIKES, "most": CAP, "times": None}
    return DayLoad(scenario, tuple(fault | {"post": p.code} for p in capped), frozenset(odd))


def _pictures(midnight: datetime, number: int, clients: int) -> list[Post]:
    made = [_post(midnight, "instagram", number, at, LIKERS, 20) for at in _PUBLISHED]
    if number % 10 == 1:
        made[1] = _post(midnight, "instagram", number, _PUBLISHED[1], _CAPPED_LIKERS, 20)
    if number % 10 == 2:
        made[2] = _post(
            midnight, "instagram", number, _PUBLISHED[2], _HIDDEN_LIKERS, 20, counts_hidden=True
        )
    place = number % _SHARED_BY
    if place == 1 and number + _SHARED_BY - 1 <= clients:
        partners = tuple(f"satker{number + n:04d}" for n in range(1, _SHARED_BY))
        at = _PUBLISHED[-1]
        made[-1] = _post(midnight, "instagram", number, at, LIKERS, 20, coauthors=partners)
    elif number - (place - 1) % _SHARED_BY + _SHARED_BY - 1 <= clients:
        made.pop()  # the post that it shares stands for its own
    return made


def _videos(midnight: datetime, number: int) -> list[Post]:
    return [_post(midnight, "tiktok", number, at, 300, COMMENTS) for at in _FILMED]


def _post(
    midnight: datetime,
    platform: Platform,
    number: int,
    at: str,
    likes: int,
    comments: int,
    **more: Any,
) -> Post:
    moment = datetime.combine(midnight, time.fromisoformat(at), WIB)
    apart = timedelta(seconds=number % 600, milliseconds=number)
    swapped = (number + moment.hour) % 3 == 0
    return Post(
        platform,
        owner=f"satker{number:04d}",
        posted_at=moment + apart,
        caption="Giat hari ini 🚔",
        audience="anggota_",
        audience_size=1_999,
        likes=likes,
        comments=comments,
        settles=timedelta(minutes=8 + number % 5),
        rises_at=datetime.combine(midnight, _RISE, WIB),
        swaps=tuple(datetime.combine(midnight, s, WIB) for s in _SWAPS) if swapped else (),
        **more,
    )
