"""A day to run the service against: rows of the `clients` table, and the world they post in."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.sandbox import demo, ids
from local.sandbox.demo_clients import ACCOUNTS, CLIENTS, client_row
from local.sandbox.world import Account, Platform, Post, World

WIB = ZoneInfo("Asia/Jakarta")
CROWD_HISTORY_DAYS = 8


@dataclass(frozen=True, slots=True)
class ManualPost:
    """A post that an operator added: the API finds it by its code; no client's feed shows it."""

    platform: Platform
    content_id: str
    client_id: str
    caption: str
    posted_at: datetime
    input_at: datetime


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a run needs from the outside world; times are aware, in WIB."""

    day: date
    clients: tuple[dict[str, Any], ...]
    world: World
    manual_posts: tuple[ManualPost, ...] = ()


def demo_day(day: date) -> Scenario:
    """Six units with everything that can happen to one; `demo` describes it hour by hour."""
    midnight = datetime.combine(day, time(), WIB)
    manual = demo.manual_post(midnight)
    row = ManualPost(
        platform=manual.platform,
        content_id=manual.code,
        client_id=demo.MANUAL_CLIENT_ID,
        caption=str(manual.caption),
        posted_at=manual.posted_at,
        input_at=midnight + timedelta(hours=15),
    )
    world = World(ACCOUNTS, [*demo.posts(midnight), manual])
    return Scenario(day, tuple(dict(row) for row in CLIENTS), world, (row,))


def crowd(
    day: date,
    clients: int,
    posts: int = 6,
    likers: int = 250,
    videos: int = 3,
    comments: int = 120,
) -> Scenario:
    """`clients` units, each with this many posts and videos of the day, for load.

    All are posted, with every like and comment, before the first slot at 06:00, so that each slot
    costs the same. Every fifth unit is a direktorat. The same people engage with all of them,
    which makes answers cheap to build; the service never compares one unit's people with
    another's. Their TikTok accounts are known already, as they are after a unit's first day.
    """
    midnight = datetime.combine(day, time(), WIB)
    numbers = range(1, clients + 1)
    made: list[Post] = []
    for number in numbers:
        made += _crowd_feed(midnight, "instagram", number, posts, likers, comments=20)
        made += _crowd_feed(midnight, "tiktok", number, videos, 300, comments)
    accounts = [account for number in numbers for account in crowd_accounts(number)]
    return Scenario(day, crowd_clients(clients), World(accounts, made))


def crowd_clients(clients: int, of_type: str | None = None) -> tuple[dict[str, Any], ...]:
    """The rows of a crowd's units; without a type every fifth is a direktorat."""
    return tuple(_crowd_client(number, of_type) for number in range(1, clients + 1))


def _crowd_client(number: int, of_type: str | None) -> dict[str, Any]:
    return client_row(
        f"SATKER{number:04d}",
        f"Satker Contoh {number}",
        of_type or ("direktorat" if number % 5 == 0 else "org"),
        insta=f"satker{number:04d}",
        tiktok=f"satker{number:04d}",
        tiktok_secuid=ids.sec_uid(f"satker{number:04d}"),
        group=f"12036309{number:010d}@g.us",
    )


def crowd_accounts(number: int) -> list[Account]:
    """The accounts of a crowd's unit."""
    name, full_name = f"satker{number:04d}", f"Satker Contoh {number}"
    return [Account("instagram", name, full_name), Account("tiktok", name, full_name)]


def _crowd_feed(
    midnight: datetime, platform: Platform, number: int, count: int, likes: int, comments: int
) -> list[Post]:
    """Today's posts between 00:10 and 05:30, and one of each earlier day."""
    first, span = midnight + timedelta(minutes=10), timedelta(hours=5, minutes=20)
    times = [first + span * place / max(1, count) for place in range(count)]
    # Not all at the same moment: ids are built from the time.
    apart = timedelta(seconds=number % 600, milliseconds=number % 1000)
    times += [midnight - timedelta(days=ago, hours=-9) for ago in range(1, CROWD_HISTORY_DAYS + 1)]
    return [
        Post(
            platform,
            owner=f"satker{number:04d}",
            posted_at=moment + apart,
            caption="Giat hari ini 🚔 #PolriPresisi",
            audience="anggota_",
            audience_size=max(997, likes, comments),
            likes=likes,
            comments=comments,
            settles=timedelta(minutes=3),
        )
        for moment in times
    ]
