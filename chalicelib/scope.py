"""Which posts a client's work is about, and which of them have to be read again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal, Self

from chalicelib.clients import Platform
from chalicelib.coverage import LastRead
from chalicelib.slots import SLOT_TIMES, Slot

Refresh = Literal["delta", "full"]

_ALWAYS_FULL = (time(17, 0), SLOT_TIMES[-1])
_COSTLY = ("looped", "unreadable")  # lists that bring no more for being read again


@dataclass(frozen=True)
class Task:
    """A post of the client's WIB day. `late`: made yesterday and found by this slot's fetch; its
    engagement is read this once, and it is no task of today.

    Hidden counts are None. `shown`: this slot's own fetch has shown the post, so that its counts
    are of now. `stored`: how many people are stored of it. `last`: what an earlier slot's read of
    it came to for this client, or None.
    """

    platform: Platform
    content_id: str
    caption: str
    like_count: int | None
    comment_count: int | None
    source_type: str
    created_at: datetime
    late: bool
    shown: bool = False
    stored: int = 0
    last: LastRead | None = None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """A task from an entry of engaging.begin's `posts`."""
        return cls(
            **{
                **row,
                "created_at": datetime.fromisoformat(row["created_at"]),
                "caption": row["caption"] or "",
                "last": row["last"] and LastRead.from_json(row["last"]),
            }
        )

    @property
    def count(self) -> int | None:
        """How many people its engagement is about: likes on Instagram, comments on TikTok."""
        return self.like_count if self.platform == "instagram" else self.comment_count


def to_refresh(
    tasks: Iterable[Task], slot: Slot, mode: Refresh, fetched: Mapping[str, Mapping[str, Any]]
) -> list[Task]:
    """The tasks whose engagement has to be read in this slot.

    In `delta` mode a post is left out whose count is what it was at its last read, provided that
    this slot's own fetch has shown it, that the fetch was complete (`fetched`: the run's
    fetch_result, {} in a slot that fetches nothing), and that the read was complete, or ended at
    the list's cap. A list that stays short, that loops or cannot be read is read with growing
    pauses. 17:00 and the day's last slot read everything.
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
