"""Which of a client's tasks must be read again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Literal

from chalicelib.results import Fetched
from chalicelib.slots import SLOT_TIMES, Slot
from chalicelib.tasks import Task

Refresh = Literal["delta", "full"]

_ALWAYS_FULL = (time(17, 0), SLOT_TIMES[-1])
_COSTLY = ("looped", "unreadable")  # reading these lists again yields no more


def to_refresh(tasks: Iterable[Task], slot: Slot, mode: Refresh, fetched: Fetched) -> list[Task]:
    """The tasks whose engagement must be read in this slot.

    In `delta` mode a post is left out if its count is the same as at its last read, provided that
    this slot's own fetch has shown it, that the fetch was complete (`fetched`: the run's
    fetch_result, {} in a slot that fetches nothing), and that the read was complete or ended at the
    list's cap. A list that stays short, loops or cannot be read is read at growing intervals. 17:00
    and the day's last slot read everything.
    """
    if mode == "full" or slot.at.time() in _ALWAYS_FULL:
        return list(tasks)
    complete = {name for name, result in fetched.items() if result["verdict"] == "complete"}
    return [task for task in tasks if not _rests(task, slot, task.platform in complete)]


def _rests(task: Task, slot: Slot, fetched: bool) -> bool:
    last = task.last
    if task.late or last is None or last.count != task.count:
        return False
    if last.ended in _COSTLY:
        return not last.pause_is_over(slot.at)
    if not (fetched and task.shown) or task.count is None:
        return False
    if last.ended == "short":
        return not last.pause_is_over(slot.at)
    return last.complete or last.ended == "capped"
