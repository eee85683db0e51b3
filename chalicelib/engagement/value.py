"""What reading a post's list may bring, and which lists are read where calls are short. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from zlib import crc32

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import Slot
from chalicelib.tasks import Task

Allowed = Mapping[Platform, float]
"""The calls that each platform's plan allows; without an entry as many as it takes."""

_OPEN = 1.0  # names that may come from a list that is not complete, or whose count is hidden
_SURE = 0.1  # and from one that only seems unchanged


def cost(task: Task) -> int:
    """The calls that reading the list takes, as far as the last read and its growth show."""
    page = DESCRIPTIONS[task.platform].engagement.page
    last = task.last
    if last is None or last.ended == "known":
        return max(1, math.ceil((task.count or 0) / page))
    grown = max(0, (task.count or 0) - (last.count or 0))
    return max(1, last.pages + grown // page)


def names_expected(task: Task) -> float:
    """The names that reading the list may bring: its growth since the last read, or all that are
    not stored yet. What withdrew may stand for as many that came."""
    if task.last is None:
        return max(_OPEN, float((task.count or 0) - task.stored))
    if task.count is None or task.last.count is None:
        return _OPEN
    changed = abs(task.count - task.last.count)
    if changed:
        return float(changed)
    return _SURE if task.last.complete else _OPEN


def affordable(tasks: Iterable[Task], calls: float, draw: float) -> list[Task]:
    """The tasks to read with so many calls, those first that may bring most names per call.

    Yesterday's posts are always among them. The first list that no longer fits is read with a
    probability of what is left of the calls for it (`draw`: a random number from 0 to 1), so that
    small shares come to as many calls on average.
    """
    due = list(tasks)
    chosen = [task for task in due if task.late]
    ranked = sorted((task for task in due if not task.late), key=_rank)
    for task in ranked:
        price = cost(task)
        if price > calls:
            chosen += [task] if draw * price < calls else []
            break
        chosen.append(task)
        calls -= price
    return chosen


def worth_a_look(tasks: Iterable[Task], allowed: Allowed, draw: float) -> set[Platform]:
    """The platforms of the tasks whose feeds are worth a call for their counts alone.

    A look brings no names, it shows where calls are best spent. So there is none where more lists
    are known to have grown than there are calls for, or, but for luck (`draw`, as in `affordable`),
    less than one call."""
    grown: dict[Platform, int] = {}
    for task in tasks:
        changed = task.last is None or task.last.count != task.count
        grown[task.platform] = grown.get(task.platform, 0) + changed * cost(task)
    return {
        platform
        for platform, calls in grown.items()
        if platform not in allowed or max(calls, draw) < allowed[platform]
    }


def draw_of(client_id: str, slot: Slot) -> float:
    """A number from 0 to 1 that looks random, and is the same for a job that is done again."""
    return crc32(f"{client_id} {slot}".encode()) / 2**32


def _rank(task: Task) -> tuple[float, str]:
    return -names_expected(task) / cost(task), task.content_id
