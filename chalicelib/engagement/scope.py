"""Which of a client's tasks must be read again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal
from zlib import crc32

from chalicelib.platforms import Platform
from chalicelib.slots import FIVE, SLOT_TIMES, Slot, day_bounds
from chalicelib.tasks import Task

Refresh = Literal["delta", "full"]

SAMPLE = 4
"""Of the posts that would be left out at 17:00, one in so many is read all the same."""

_LAST = SLOT_TIMES[-1]
_COSTLY = ("looped", "unreadable")  # reading these lists again yields no more
_BROKEN_OFF = ("error", "no_time")


def to_refresh(
    tasks: Iterable[Task], slot: Slot, mode: Refresh, current: Collection[Platform]
) -> list[Task]:
    """The tasks whose engagement must be read in this slot.

    In `delta` mode a post is left out if its count is the same as at its last read, provided that
    this slot has seen the post in a feed that was read to its end (`current`: the platforms of
    which that is true), and that the read was complete, or ended at the list's cap or at names that
    were known. A list that stays short, loops or cannot be read is read at growing intervals; at
    17:00, in the day's last slot and once more on the next day every list that is not complete is
    read.

    A like and an unlike leave the count as it was. So 17:00 reads a sample of the posts that would
    be left out; the day's last slot reads those that no second read has confirmed since their count
    changed, and a sample of the others. A post of yesterday that nothing has confirmed by then is
    read once more.
    """
    if mode == "full":
        return list(tasks)
    return [task for task in tasks if not _rests(task, slot, task.platform in current)]


def _rests(task: Task, slot: Slot, current: bool) -> bool:
    last, at = task.last, slot.at.time()
    if last is None:
        return False
    if task.late and last.slot >= day_bounds(slot.day)[0]:
        return last.ended not in _BROKEN_OFF
    if last.count != task.count:
        return False
    patient = not task.late and at not in (FIVE, _LAST)
    if patient and last.ended in _COSTLY:
        return not last.pause_is_over(slot.at)
    if not (current and task.shown) or task.count is None:
        return False
    if last.complete:
        return not _drawn(task, slot)
    if patient and last.ended == "short":
        return not last.pause_is_over(slot.at)
    return patient and last.ended in ("capped", "known")


def _drawn(task: Task, slot: Slot) -> bool:
    """Whether a post that seems unchanged is read to make sure."""
    at = slot.at.time()
    if (task.late or at == _LAST) and not (task.last and task.last.confirmed):
        return True
    return not task.late and at in (FIVE, _LAST) and _has_its_turn(task, slot)


def _has_its_turn(task: Task, slot: Slot) -> bool:
    """Whether it is the post's turn in a sample: 17:00 and the last slot draw different posts."""
    turn = slot.day.toordinal() + SLOT_TIMES.index(slot.at.time())
    return (crc32(task.content_id.encode()) + turn) % SAMPLE == 0
