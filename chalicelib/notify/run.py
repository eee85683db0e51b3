"""A client's run with what its chats may be told, parsed from the row of engagement.begin. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from chalicelib.clients import Client
from chalicelib.platforms import Platform
from chalicelib.results import Engaged, Fetched
from chalicelib.tasks import Task
from chalicelib.texts import Change, FeedRead


@dataclass(frozen=True)
class LedgerEntry:
    """A change of the day, and the chats that were told of it, each with whether only an unsent
    list tells it."""

    change: Change
    told: Mapping[str, bool]

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """From an entry of engagement.begin's `changes`."""
        posted_at = entry["posted_at"]
        change = Change(
            change_id=entry["change_id"],
            platform=entry["platform"],
            content_id=entry["content_id"],
            kind=entry["kind"],
            caption=entry["caption"] or "",
            posted_at=posted_at and datetime.fromisoformat(posted_at),
            detail=entry["detail"],
        )
        return cls(change, entry["told"])


@dataclass(frozen=True)
class Run:
    """A client's run of a slot, its posts of the day and the day's changes.

    `started`: whether the client has a run of the slot at all; `ended`: whether it is over.
    `fetched`: the run's fetch results, empty in a slot that fetches nothing; `read_at`: the day's
    last slot with a complete fetch of the platform. `engaged`: what earlier invocations have read;
    None if there were none. `last_hour`: the hour whose list was written last. `plan`: what the
    slot may spend, as its row has it.
    """

    client: Client
    tasks: tuple[Task, ...]
    changes: tuple[LedgerEntry, ...]
    started: bool
    ended: bool
    fetched: Fetched
    read_at: Mapping[Platform, datetime]
    engaged: Engaged | None
    api_calls: Mapping[str, int]
    last_hour: str | None
    plan: Mapping[str, Any] | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From the row of engagement.begin; only posts of platforms that are on."""
        client = Client.from_row(row["client"])
        posts = (post for post in row["posts"] if post["platform"] in client.platforms)
        read_at = row["feeds_read_at"]
        return cls(
            client=client,
            tasks=tuple(map(Task.from_json, posts)),
            changes=tuple(map(LedgerEntry.from_json, row["changes"])),
            started=row["run_slot"] is not None,
            ended=row["finished_at"] is not None,
            fetched=row["fetch_result"] or {},
            read_at={platform: datetime.fromisoformat(at) for platform, at in read_at.items()},
            engaged=row["engagement_result"],
            api_calls=row["api_calls"] or {},
            last_hour=row["last_notified_slot"],
            plan=row["plan"],
        )

    def of_today(self, platform: Platform) -> Sequence[Task]:
        """The platform's tasks."""
        return [task for task in self.tasks if task.platform == platform and not task.late]

    @property
    def feeds(self) -> dict[Platform, FeedRead]:
        """How each platform was read in this slot, and when it was last read to its end today."""
        return {
            platform: FeedRead(
                self.fetched[platform]["verdict"] if platform in self.fetched else None,
                self.read_at.get(platform),
            )
            for platform in self.client.platforms
        }
