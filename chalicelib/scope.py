"""Which posts a client's work is about, and which of them have to be read again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Literal, Self

from chalicelib.clients import Platform
from chalicelib.slots import SLOT_TIMES, Slot

Refresh = Literal["delta", "full"]

_ALWAYS_FULL = (time(17, 0), SLOT_TIMES[-1])


@dataclass(frozen=True)
class Task:
    """A post of the client's WIB day. `late`: made yesterday and found by this slot's fetch; its
    engagement is read this once, and it is no task of today.

    Hidden counts are None. `refreshed_count` is `count` as it was when the post's engagement was
    last read to its end for this client, or None.
    """

    platform: Platform
    content_id: str
    caption: str
    like_count: int | None
    comment_count: int | None
    source_type: str
    created_at: datetime
    late: bool
    refreshed_count: int | None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """A task from an entry of engaging.begin's `posts`."""
        created_at = datetime.fromisoformat(row["created_at"])
        return cls(**{**row, "created_at": created_at, "caption": row["caption"] or ""})

    @property
    def count(self) -> int | None:
        """How many people its engagement is about: likes on Instagram, comments on TikTok."""
        return self.like_count if self.platform == "instagram" else self.comment_count


def to_refresh(
    tasks: Iterable[Task], slot: Slot, mode: Refresh, fetched: Mapping[str, Mapping[str, Any]]
) -> list[Task]:
    """The tasks whose engagement has to be read in this slot.

    In `delta` mode a post is left out whose count is what it was at its last refresh, provided
    that this slot's own fetch of its platform was complete (`fetched`: the run's fetch_result, {}
    in a slot that fetches nothing). 17:00 and the day's last slot read everything.
    """
    if mode == "full" or slot.at.time() in _ALWAYS_FULL:
        return list(tasks)
    complete = {name for name, result in fetched.items() if result["verdict"] == "complete"}
    return [
        task
        for task in tasks
        if task.late
        or task.platform not in complete
        or task.count is None
        or task.count != task.refreshed_count
    ]
