"""Fills in days that were missed: the posts of each day and who engaged, as far as the APIs still
give them, stored under their own day. Nobody is told.

A client's feeds are read once, back to its first day; then day by day the people of its posts are
read, and all of the day is stored at once. Whatever was answered is in the journal, so that a run
that was killed, or had no time left, goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.backfill.day import DayFilled, Stop, fill_day, stop_at
from chalicelib.backfill.journal import Allowance, Journal
from chalicelib.backfill.plan import Todo, plan
from chalicelib.clients import Client
from chalicelib.posts.feeds import read_feeds
from chalicelib.posts.run import FetchRun, History, KeptAccount
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds
from chalicelib.social.recorded import recorded


@dataclass(frozen=True)
class Filled:
    """What a run has filled in, and how many clients' days are `left`. `stopped`: the kind of error
    that ended it before its end."""

    days: Sequence[DayFilled]
    left: int
    stopped: str | None
    api_requests: int


@dataclass(frozen=True)
class Wanted:
    """The days to fill in (`plan`), and how many calls may be made for them."""

    first: date
    last: date
    client_id: str | None = None
    most_calls: int | None = None
    since: datetime | None = None


def fill(
    runtime: Runtime, wanted: Wanted, tell: Callable[[DayFilled], None] = lambda day: None
) -> Filled:
    """Fills in what is planned, within the invocation's time, the calls allowed and the day's
    budget; `tell` is called after each client's day. Raises BadInput as `plan` does."""
    todo = plan(runtime, wanted.first, wanted.last, wanted.client_id, wanted.since)
    allowance, before = Allowance(wanted.most_calls), runtime.counters()
    days: list[DayFilled] = []
    stopped: str | None = None
    try:
        for one in todo.todo:
            for day in _client(runtime, one, allowance):
                days.append(day)
                tell(day)
    except Stop as end:
        stopped = end.kind
    spent = runtime.counters() - before
    return Filled(days, todo.days - len(days), stopped, spent.api_requests)


def _client(runtime: Runtime, todo: Todo, allowance: Allowance) -> Iterator[DayFilled]:
    """Fills in a client's days one by one. Raises Stop."""
    client, journal = todo.client, Journal(runtime, todo.client.client_id, allowance)
    with _reading(runtime, journal) as reader:
        start, _ = day_bounds(todo.days[0])
        feeds = read_feeds(reader, _run(runtime, client), dict.fromkeys(client.platforms, start))
        stop_at(found.feed.error for found in feeds.values())
        if any(found.feed.cut == "no_time" for found in feeds.values()):
            raise Stop("no_time")
        for day in todo.days:
            yield fill_day(reader, client, day, feeds)
    with runtime.db.transaction() as tx:
        tx.run("backfill.forget_calls", client_id=client.client_id)


@contextmanager
def _reading(runtime: Runtime, journal: Journal) -> Iterator[Runtime]:
    """The same runtime, its calls through the journal."""
    apis = recorded(runtime.apis, journal)
    reader = Runtime(runtime.settings, runtime.now, database=runtime.db, apis=apis)
    reader.deadline = runtime.deadline
    try:
        yield reader
    finally:
        reader.close()


def _run(runtime: Runtime, client: Client) -> FetchRun:
    """A run of which only the accounts are known."""
    with runtime.db.transaction() as tx:
        rows = tx.run("backfill.accounts", client_id=client.client_id)
    asked = {row["platform"]: (row["handle"], row["account_id"]) for row in rows}
    history = {
        platform: History(
            first=True,
            had=False,
            known=True,
            account=KeptAccount(
                *asked.get(platform, (None, None)), client.account_ids.get(platform)
            ),
        )
        for platform in client.platforms
    }
    return FetchRun(client, history, ended=False, fetched=False, api_calls={})
