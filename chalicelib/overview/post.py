"""One post with its history over the slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.errors import BadInput
from chalicelib.overview.posts import MOST, Archived
from chalicelib.overview.rows import NEWEST, made
from chalicelib.overview.standing import Standing
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, audit_window, to_wib


@dataclass(frozen=True)
class Point:
    """What was known of a post at a half hour. `names`: people stored by then, from its snapshot;
    `count`: likes or comments by its feed, `share`: the part of the list that was read, from the
    slot's read of it; each None where the slot has none."""

    at: datetime
    names: int | None = None
    count: int | None = None
    share: float | None = None


@dataclass(frozen=True)
class Read:
    """One read of a post's list, for a client."""

    client_id: str
    slot: datetime
    read_at: datetime
    names: int
    comments: int | None
    count: int | None
    total: int | None
    pages: int
    ended: str
    share: float | None
    complete: bool


@dataclass(frozen=True)
class Change:
    """What the ledger has about a post; `told`: to how many chats."""

    change_id: int
    client_id: str
    kind: str
    slot: datetime
    created_at: datetime
    caption: str | None
    told: int


@dataclass(frozen=True)
class Post:
    """A post with its history, as known at `read_at`. `stored` is None, and the counts too, if it
    is in the archive alone. Snapshots and reads are kept for AUDIT_RETENTION_DAYS."""

    read_at: datetime
    platform: Platform
    content_id: str
    link: str
    live: bool
    clients: Sequence[str]
    caption: str | None
    created_at: datetime | None
    source_type: str | None
    like_count: int | None
    comment_count: int | None
    stored: int | None
    points: Sequence[Point]
    reads: Sequence[Read]
    changes: Sequence[Change]
    archived: Sequence[Archived]

    @property
    def standing(self) -> Standing:
        if not self.reads:
            return Standing.NEVER
        return Standing.VERIFIED if self.reads[-1].complete else Standing.UNVERIFIED


def post(runtime: Runtime, content_id: str) -> Post:
    """A post with its history. Raises BadInput if it is neither stored nor archived."""
    wanted = content_id.strip()
    with runtime.db.transaction() as tx:
        row = tx.first("overview_posts.one", content_id=wanted)
        removed = [
            made(Archived, found)
            for found in tx.run(
                "overview_posts.archived",
                content_id=wanted,
                client_id=None,
                before=NEWEST,
                most=MOST,
            )
        ]
        if row is None and not removed:
            raise BadInput("content_id", f"there is no post {wanted!r}", "See the list.")
        platform = row["platform"] if row else removed[0].platform
        clients = {*(row["clients"] if row else ()), *(one.client_id for one in removed)}
        about = {"platform": platform, "content_id": wanted}
        reads = [made(Read, found) for found in tx.run("overview_posts.reads", **about)]
        snapshots = tx.run("overview_posts.snapshots", **about)
        changes = tx.run("overview_posts.changes", clients=sorted(clients), **about)
    known = row or {"caption": removed[0].caption}
    return Post(
        read_at=runtime.now(),
        platform=platform,
        content_id=wanted,
        link=DESCRIPTIONS[platform].links.to(wanted),
        live=row is not None,
        clients=sorted(clients),
        points=points_of(snapshots, reads),
        reads=reads,
        changes=[made(Change, change) for change in changes],
        archived=removed,
        **{name: known.get(name) for name in _OF_POST},
    )


_OF_POST = ("caption", "created_at", "source_type", "like_count", "comment_count", "stored")


def points_of(snapshots: Sequence[Mapping[str, Any]], reads: Sequence[Read]) -> list[Point]:
    """The history of a post: one point for each half hour with a snapshot, and each slot with a
    read of its list, in order. Pure."""
    names = {to_wib(row["window_end"]): row["names"] for row in snapshots}
    last = {audit_window(Slot(to_wib(read.slot)))[1]: read for read in reads}
    return [
        Point(
            at=at,
            names=names.get(at),
            count=last[at].count if at in last else None,
            share=last[at].share if at in last else None,
        )
        for at in sorted({*names, *last})
    ]
