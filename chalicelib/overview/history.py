"""Days and months: slots, failures, calls, durations; from each slot's figures, which are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.errors import BadInput
from chalicelib.overview.rows import made
from chalicelib.overview.standing import Standing
from chalicelib.runtime import Runtime
from chalicelib.slots import SLOT_TIMES, day_bounds

DAYS = 31
LONGEST = timedelta(days=3660)


@dataclass(frozen=True)
class DayFigures:
    """A WIB day. `slots`: how many were recorded, of them `closed`, `skipped`, `missed`; `clients`:
    in the slot with the most; `done`, `failed`, `unfinished`: their runs, of all slots. `median`,
    `longest`: seconds of a slot from its opening to its end. `lists`: reads of lists of people."""

    day: date
    slots: int
    closed: int
    skipped: int
    missed: int
    clients: int
    done: int
    failed: int
    unfinished: int
    api_requests: int
    median: float | None
    longest: float | None
    posts_new: int
    posts_removed: int
    messages: int
    lists: int
    lists_incomplete: int
    summed_at: datetime

    @property
    def standing(self) -> Standing:
        """Verified if all slots of the day ran, every client was done and no list incomplete."""
        if not self.done:
            return Standing.NEVER
        whole = self.closed == len(SLOT_TIMES) and not self.failed and not self.unfinished
        return Standing.VERIFIED if whole and not self.lists_incomplete else Standing.UNVERIFIED


@dataclass(frozen=True)
class MonthFigures:
    """A calendar month: the sums of its days that are known. `median` is that of the days' own."""

    month: date
    days: int
    slots: int
    closed: int
    skipped: int
    missed: int
    done: int
    failed: int
    unfinished: int
    api_requests: int
    median: float | None
    longest: float | None
    posts_new: int
    posts_removed: int
    messages: int


@dataclass(frozen=True)
class History:
    """The days from `since` to `until`, both included, newest first, and their months, as known at
    `read_at`. `not_summed`: slots that are over but not in these figures yet."""

    since: date
    until: date
    read_at: datetime
    days: Sequence[DayFigures]
    months: Sequence[MonthFigures]
    not_summed: int


def history(runtime: Runtime, since: date | None = None, until: date | None = None) -> History:
    """The figures of these days; by default of the last 31. Raises BadInput if they end before they
    begin, or are more than ten years."""
    now = runtime.now()
    last = until or now.date()
    first = since or last - timedelta(days=DAYS - 1)
    if first > last or last - first > LONGEST:
        raise BadInput("since", f"{first} to {last} is no span of days", "Give at most ten years.")
    span = {"day_start": day_bounds(first)[0], "day_end": day_bounds(last)[1]}
    with runtime.db.transaction() as tx:
        rows = tx.run("overview_slots.by_day", **span)
        missing = tx.run("overview_slots.not_summed", **span)[0]["slots"]
    days = [made(DayFigures, row) for row in reversed(rows)]
    return History(first, last, now, days, months_of(days), missing)


_SUMMED = (
    "slots", "closed", "skipped", "missed", "done", "failed", "unfinished", "api_requests",
    "posts_new", "posts_removed", "messages",
)  # fmt: skip


def months_of(days: Sequence[DayFigures]) -> list[MonthFigures]:
    """The days' months, newest first. Pure."""
    by_month: dict[date, list[DayFigures]] = {}
    for day in days:
        by_month.setdefault(day.day.replace(day=1), []).append(day)
    return [_month(month, of) for month, of in sorted(by_month.items(), reverse=True)]


def _month(month: date, days: Sequence[DayFigures]) -> MonthFigures:
    from statistics import median

    medians = [day.median for day in days if day.median is not None]
    longest = [day.longest for day in days if day.longest is not None]
    return MonthFigures(
        month=month,
        days=len(days),
        median=median(medians) if medians else None,
        longest=max(longest, default=None),
        **{name: sum(getattr(day, name) for day in days) for name in _SUMMED},
    )
