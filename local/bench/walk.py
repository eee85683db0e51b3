"""One client's API calls, one at a time, as the simplest program would make them.

This is the baseline of a run, and yields the longest chain of calls that depend on each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from local.sandbox.answer import Answer
from local.sandbox.ids import sec_uid
from local.sandbox.pages import COMMENTS, CURSORS, LIKES, POSTS, VIDEOS, Page, read

Get = Callable[[str, dict[str, str]], Answer]

PAGE_SIZES = {VIDEOS: "35", COMMENTS: "50"}


@dataclass(frozen=True)
class Walk:
    """How many calls were made; `chain`: how many of them depend on one another in a row."""

    calls: int
    chain: int


@dataclass(frozen=True)
class Baseline:
    """The calls and seconds of `clients` clients, one call at a time; `cpu`: the seconds that plain
    requests and its JSON take of a core for these calls."""

    clients: int
    calls: int
    chain: int
    seconds: float
    cpu: float

    def seconds_for(self, clients: int) -> float:
        """Scaled to `clients` clients, which are all alike."""
        return self.seconds * clients / self.clients


def one_by_one(url: str, accounts: Sequence[str], day_start: datetime) -> Baseline:
    """Reads these accounts of the API at `url`, one after the other, over one connection."""
    with requests.Session() as session:
        session.headers["X-RapidAPI-Key"] = "bench"

        def get(path: str, params: dict[str, str]) -> Answer:
            answer = session.get(url + path, params=params, timeout=60)
            return Answer(answer.status_code, answer.json())

        started, used = time.perf_counter(), time.thread_time()
        walks = [walk(get, account, day_start) for account in accounts]
        seconds, cpu = time.perf_counter() - started, time.thread_time() - used
    calls, chain = sum(one.calls for one in walks), max(one.chain for one in walks)
    return Baseline(len(walks), calls, chain, seconds, cpu)


def walk(get: Get, account: str, day_start: datetime) -> Walk:
    """Reads the account's posts of the day on both platforms, then who engaged with each. The
    TikTok account is known already, as it is after a unit's first day."""
    since = day_start.timestamp()
    pictures = _feed(get, POSTS, {"username_or_id_or_url": account}, "taken_at", since)
    likes = [_length(get, LIKES, {"code_or_id_or_url": item["code"]}) for item in pictures.items]
    videos = _feed(get, VIDEOS, {"secUid": sec_uid(account)}, "createTime", since)
    comments = [_length(get, COMMENTS, {"videoId": item["id"]}) for item in videos.items]
    return Walk(
        calls=pictures.pages + sum(likes) + videos.pages + sum(comments),
        chain=max(pictures.pages + max(likes, default=0), videos.pages + max(comments, default=0)),
    )


@dataclass(frozen=True)
class _Feed:
    pages: int
    items: list[dict[str, Any]]


def _feed(get: Get, path: str, params: dict[str, str], time_of: str, since: float) -> _Feed:
    """Reads the feed up to the first post from before `since`; the posts since then, each once."""
    found: dict[str, dict[str, Any]] = {}
    pages = 0
    for page in _pages(get, path, params):
        pages += 1
        recent = [item for item in page.items if int(item[time_of]) >= since]
        found |= {str(item["id"]): item for item in recent}
        if len(recent) < len(page.items):
            break
    return _Feed(pages, list(found.values()))


def _length(get: Get, path: str, params: dict[str, str]) -> int:
    return sum(1 for _ in _pages(get, path, params))


def _pages(get: Get, path: str, params: dict[str, str]) -> Iterator[Page]:
    params = params | ({"count": PAGE_SIZES[path]} if path in PAGE_SIZES else {})
    while page := read(path, get(path, params)):
        yield page
        if page.following is None:
            return
        params = {**params, CURSORS[path]: str(page.following)}
