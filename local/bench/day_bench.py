"""A day of a crowd, played three times: every list in every slot, as the service does it, and with
half of the budget that this takes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

from chalicelib.db.migrate import migrate
from chalicelib.engagement.scope import Refresh
from chalicelib.slots import FIVE, SEGMENT_A, SLOT_TIMES, WIB, Slot, day_bounds, slots_of
from local.bench.day import DayCalls, play_day
from local.bench.day_tables import Left, known_by, left_in
from local.bench.load import DAY
from local.sandbox.busy_day import DayLoad, day_load
from local.seed import seed
from local.services import EmbeddedPostgres


@dataclass(frozen=True)
class DayFigures:
    """A day's results, the calls per client: `full` of a day that reads every list in every slot,
    `earlier` of one under the rules before looks, samples and shared reads, `calls` of one as it
    is, with its `feeds`, `lists` and `closing` read, and those to each API.

    `people_calls`: a full read of the fullest slot; `changed`: the share of the posts whose count
    changes from one slot to the next. `tables_equal`, `names_equal`: whether the day leaves what
    the full one leaves; `snapshots`, and how many of them `differ`. With half of the `budget`:
    the share of the names that are known when the next day has closed this one, and by 21:58;
    `five_complete`: whether 17:00 knew all that it knows in a full day.
    """

    clients: int
    full: float
    earlier: float
    calls: float
    feeds: float
    lists: float
    closing: float
    by_platform: dict[str, float]
    people_calls: float
    changed: float
    names: int
    names_equal: bool
    tables_equal: bool
    snapshots: int
    differ: int
    budget: int
    half_calls: float
    half_names: float
    half_names_at_night: float
    five_complete: bool

    def as_dict(self) -> dict[str, Any]:
        """The fields of `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Played:
    """A day's calls, and what it left."""

    calls: DayCalls
    left: Left


def run_day_bench(clients: int, data: Path, say: Callable[[str], None]) -> DayFigures:
    """Plays the days over a PostgreSQL of their own in `data`, which is emptied first."""
    shutil.rmtree(data, ignore_errors=True)
    load = day_load(DAY, clients)
    with EmbeddedPostgres(data / "postgres") as postgres:
        migrate(postgres.create_database("migrated"))

        def new(name: str) -> str:
            return postgres.create_database(name, template="migrated")

        say("a day that reads every list in every slot")
        full = play(load, new("full"), "full")
        say("a day as it is")
        usual = play(load, new("delta"), "delta")
        budget = max(usual.calls.by_platform.values()) // 2
        say(f"a day with a budget of {budget} calls to each API")
        half = play(load, new("half"), "delta", budget)
    return figures(clients, full, usual, half, budget)


def play(
    load: DayLoad,
    url: str,
    refresh: Refresh,
    budget: int | None = None,
    at: Collection[time] = SLOT_TIMES,
) -> Played:
    """Plays a day, or its slots at these times, over an empty, migrated database."""
    seed(url, load.scenario)
    calls = play_day(load, url, refresh, budget, at)
    return Played(calls, left_in(url, day_bounds(load.scenario.day)[0]))


def figures(clients: int, full: Played, usual: Played, half: Played, budget: int) -> DayFigures:
    """The results of the three days, held against one another."""
    day_start, _ = day_bounds(DAY)
    lists = usual.calls.lists
    whole = full.left.names
    known = differing(full.left, usual.left)
    at_five = [known_by(day.left, day_start, FIVE) for day in (full, half)]
    night = known_by(half.left, day_start, time(22, 0))
    return DayFigures(
        clients=clients,
        full=full.calls.total / clients,
        earlier=earlier_calls(full.left.reads) / clients,
        calls=usual.calls.total / clients,
        feeds=usual.calls.feeds / clients,
        lists=sum(lists[:-1]) / clients,
        closing=lists[-1] / clients,
        by_platform={name: n / clients for name, n in usual.calls.by_platform.items()},
        people_calls=max(full.calls.lists) / clients,
        changed=changed_share(full.left.reads),
        names=sum(map(len, whole.values())),
        names_equal=usual.left.names == whole,
        tables_equal=usual.left.rows == full.left.rows,
        snapshots=sum(map(len, full.left.snapshots.values())),
        differ=len(known),
        budget=budget,
        half_calls=half.calls.total / clients,
        half_names=half.left.share_of(whole),
        half_names_at_night=share(night, whole),
        five_complete=at_five[0] == at_five[1],
    )


def share(names: Mapping[str, frozenset[str]], whole: Mapping[str, frozenset[str]]) -> float:
    """The part of the whole that is among the names, 0 to 1."""
    found = sum(len(all_ & names.get(post, frozenset())) for post, all_ in whole.items())
    return found / max(1, sum(map(len, whole.values())))


def differing(full: Left, other: Left) -> set[tuple[datetime, str]]:
    """The snapshots, by the end of their half hour and post, that are not the same."""
    return {
        (ended, post)
        for ended, names in full.snapshots.items()
        for post, people in names.items()
        if other.snapshots.get(ended, {}).get(post) != people
    }


def earlier_calls(reads: Sequence[Mapping[str, Any]]) -> int:
    """The calls of the same day under the rules before looks, samples and shared reads: 17:00 and
    the slots without a fetch read every list, the others those whose count has changed or is
    hidden. `reads`: those of a day that reads every list in every slot."""
    day = slots_of(DAY)
    clients = len({read["client_id"] for read in reads})
    fetching = [slot for slot in day if SEGMENT_A.fetches_at(slot.at.time())]
    due = [read for before, read in pairwise([None, *reads]) if read and _was_due(before, read)]
    lists: int = sum(read["pages"] for read in due)
    return 2 * clients * len(fetching) + lists


def changed_share(reads: Sequence[Mapping[str, Any]]) -> float:
    """The part of the posts whose count has changed since the slot before."""
    of_day = [
        (before, read)
        for before, read in pairwise(reads)
        if _same_post(before, read) and _slot(read).day == DAY
    ]
    changed: int = sum(before["count"] != read["count"] for before, read in of_day)
    return changed / max(1, len(of_day))


def _was_due(before: Mapping[str, Any] | None, read: Mapping[str, Any]) -> bool:
    slot = _slot(read)
    if slot.day != DAY:
        return False
    if slot.at.time() == FIVE or not SEGMENT_A.fetches_at(slot.at.time()):
        return True
    if before is None or not _same_post(before, read) or read["count"] is None:
        return True
    return bool(before["count"] != read["count"])


def _same_post(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("client_id", "content_id"))


def _slot(read: Mapping[str, Any]) -> Slot:
    at: datetime = read["slot"]
    return Slot(at.astimezone(WIB))
