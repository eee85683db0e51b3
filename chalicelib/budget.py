"""How a day's calls to an API are spent over its slots: what a slot may spend, what is kept for
17:00, when the budget will end. Pure.

A slot's plan is made when it opens, for each platform, and holds for all of its jobs. Feeds come
first, because nobody may miss a post; the lists of likers and commenters share what is left. While
the budget lasts for what the rest of the day usually takes, nothing is held back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any, Self

from chalicelib.forecast import ends
from chalicelib.slots import FIVE, SEGMENT_A, SEGMENT_B, SLOT_LENGTH, SLOT_TIMES, Slot, slots_of

USUALLY_CHANGED = 1 / 6
"""The part of a full read that a slot usually takes."""

LISTS_GROW = 1.5
"""How much longer lists may be at 17:00 than when they were last read."""

EVENING = 3 / 4
"""The part of a full read that slots before 17:00 leave to those after it."""


@dataclass(frozen=True)
class Need:
    """What is known of a platform as a slot opens: the `clients` that have it on, `late` of them in
    segment B, the calls that reading all lists of the day takes so far (`today`) and took the day
    before (`yesterday`), the calls `spent` today, the day's `budget`, None if there is none, and
    how many calls a second the API allows."""

    clients: int
    today: int
    yesterday: int = 0
    spent: int = 0
    budget: int | None = None
    per_second: int = 20
    late: int = 0

    @property
    def full(self) -> int:
        """The calls that reading all lists will take at 17:00."""
        return max(math.ceil(self.today * LISTS_GROW), self.yesterday)

    def feeds_of(self, slot: Slot) -> int:
        """The clients whose posts the slot fetches."""
        at = slot.at.time()
        early = self.clients - self.late if SEGMENT_A.fetches_at(at) else 0
        return early + (self.late if SEGMENT_B.fetches_at(at) else 0)

    def calls_of(self, slot: Slot) -> float:
        """The calls that a slot usually takes."""
        lists = self.full if slot.at.time() == FIVE else self.full * USUALLY_CHANGED
        return self.clients + lists


@dataclass(frozen=True)
class Plan:
    """What a slot's jobs may spend. `allowance`: the calls that each client may make for lists and
    for a look at counts, on average; None: as many as it needs. `kept`: calls of the day's budget
    that must be left for 17:00. `ends`: the slot in which the budget will be spent if nothing is
    held back; None if it lasts. `spent` and `today` are those of the `Need`."""

    allowance: float | None = None
    kept: int = 0
    ends: datetime | None = None
    spent: int = 0
    today: int = 0

    def as_json(self) -> dict[str, Any]:
        """For slot_run.plan."""
        return asdict(self) | {"ends": self.ends and self.ends.isoformat()}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """From a platform's entry of slot_run.plan."""
        ends = entry["ends"]
        return cls(**{**entry, "ends": ends and datetime.fromisoformat(ends)})


def as_posts_come(slot: Slot, today: int) -> int:
    """The calls that reading all lists will take at 17:00 if nothing is known of the day before:
    posts come as evenly as the hours from midnight on. `today`: those that it takes so far."""
    midnight = datetime.combine(slot.day, time(0), slot.at.tzinfo)
    five = datetime.combine(slot.day, FIVE, slot.at.tzinfo)
    return math.ceil(today * LISTS_GROW * max(1.0, (five - midnight) / (slot.at - midnight)))


def forecast(slot: Slot, need: Need) -> datetime | None:
    """The slot of the day in which the budget will be spent, at what slots usually take; None if it
    lasts until the end of the day."""
    if need.budget is None:
        return None
    to_come = ((later.at, need.calls_of(later)) for later in _from(slot))
    return ends(need.spent, need.budget, to_come)


def plan(slot: Slot, need: Need) -> Plan:
    """The plan of a slot that opens now."""
    end = forecast(slot, need)
    limits = [one for one in (_by_budget(slot, need, end), _by_rate(need)) if one is not None]
    return Plan(min(limits, default=None), _kept(slot, need), end, need.spent, need.today)


def _of_five(slot: Slot, need: Need) -> int:
    """The calls of the budget that 17:00 will take, if it is to come."""
    if need.budget is None or slot.at.time() >= FIVE:
        return 0
    return min(need.clients + need.full, need.budget)


def _kept(slot: Slot, need: Need) -> int:
    """The calls that must be left for 17:00; in the day's first slot no more than the closing read
    of yesterday's lists leaves."""
    wanted = _of_five(slot, need)
    if need.budget is None or slot.at.time() != SLOT_TIMES[0]:
        return wanted
    return min(wanted, max(0, need.budget - need.clients - need.yesterday))


def _by_budget(slot: Slot, need: Need, end: datetime | None) -> float | None:
    """A client's share of the calls that neither feeds nor 17:00 need.

    What comes after 17:00 is known that day only if it is read then; what comes before, 17:00 reads
    in any case, and earlier reads make it known for longer. So the evening's calls are set apart
    first, and of the others a slot's share is the greater the more of the day is left until 17:00.
    """
    if need.budget is None or end is None or not need.clients or slot.at.time() == FIVE:
        return None
    rest = list(_from(slot))
    five = _of_five(slot, need)
    feeds = sum(need.feeds_of(later) for later in rest if later.at.time() != FIVE or not five)
    spare = max(0.0, need.budget - need.spent - five - feeds)
    if slot.at.time() > FIVE:
        return spare / len(rest) / need.clients
    early = max(0.0, spare - need.full * EVENING)
    weights = [_until_five(later) for later in rest if later.at.time() < FIVE]
    return early * (weights[0] / sum(weights, timedelta())) / need.clients


def _by_rate(need: Need) -> float | None:
    """A client's share of the calls that the API's rate allows in a slot."""
    most = need.per_second * SLOT_LENGTH.total_seconds() - need.clients
    if not need.clients or need.full <= most:
        return None
    return max(0.0, most / need.clients)


def _until_five(slot: Slot) -> timedelta:
    return datetime.combine(slot.day, FIVE, slot.at.tzinfo) - slot.at


def _from(slot: Slot) -> Iterator[Slot]:
    """This slot and the later ones of its day."""
    return (later for later in slots_of(slot.day) if later >= slot)
