"""The day's posts, and what is archived or held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.db import Transaction
from chalicelib.overview.rows import NEWEST, made
from chalicelib.overview.standing import Standing
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds


@dataclass(frozen=True)
class PostLine:
    """A client's post. Hidden counts are None. `stored`: people known of, None if its list was
    never stored. `read_slot`, `read_at`: the last read of its list for this client; `share`: the
    part that was read, 0 to 1, None if no count is credible; `missing_since`: the first fetch that
    lacked it; `seen_slot`: the last one that showed it, which is what its counts are from."""

    client_id: str
    platform: Platform
    content_id: str
    caption: str | None
    created_at: datetime
    source_type: str | None
    like_count: int | None
    comment_count: int | None
    stored: int | None
    missing_since: datetime | None
    kept: bool | None
    seen_slot: datetime | None
    read_slot: datetime | None
    read_at: datetime | None
    share: float | None
    complete: bool | None
    ended: str | None
    names: int | None

    @property
    def standing(self) -> Standing:
        if self.read_slot is None:
            return Standing.NEVER
        return Standing.VERIFIED if self.complete else Standing.UNVERIFIED

    @property
    def link(self) -> str:
        return DESCRIPTIONS[self.platform].links.to(self.content_id)


@dataclass(frozen=True)
class Posts:
    """A page of the day's posts, newest first, as known at `read_at`. `counts`: how many there are
    of each standing, before the filter."""

    day: date
    read_at: datetime
    lines: Sequence[PostLine]
    matching: int
    page: int
    pages: int
    counts: Mapping[Standing, int]


@dataclass(frozen=True)
class Archived:
    """A post, or a client's link to one (not `whole`), that was removed and is in the archive."""

    archive_id: int
    platform: Platform
    content_id: str
    client_id: str
    slot: datetime
    archived_at: datetime
    whole: bool
    caption: str | None


@dataclass(frozen=True)
class Held:
    """A post that seemed to be gone and was kept. `missing_since`: the first of the fetches that
    lack it, None if a later one showed it, or it was looked up and found; not `known`: whether that
    is so is not kept any more, since no fetch of the last day has come across it."""

    client_id: str
    platform: Platform
    content_id: str
    caption: str | None
    slot: datetime
    created_at: datetime
    missing_since: datetime | None
    known: bool


@dataclass(frozen=True)
class Wanted:
    """Which of the day's posts. `search`: part of a caption, a post's id or a client's, upper and
    lower case alike; a page that does not exist is the last."""

    day: date | None = None
    client_id: str | None = None
    search: str = ""
    platform: Platform | None = None
    standing: Standing | None = None
    page: int = 1
    per_page: int = 100


def posts(runtime: Runtime, wanted: Wanted | None = None) -> Posts:
    """The posts of a day, of all clients; one of several clients once for each."""
    asked, now = wanted or Wanted(), runtime.now()
    day = asked.day or now.date()
    with runtime.db.transaction() as tx:
        lines, counts = read_posts(tx, day, asked)
        matching = sum(counts.values()) if asked.standing is None else counts[asked.standing]
        pages = max(1, -(-matching // asked.per_page))
        if asked.page > pages:
            lines, counts = read_posts(tx, day, replace(asked, page=pages))
    return Posts(day, now, lines, matching, min(asked.page, pages), pages, counts)


def read_posts(
    tx: Transaction, day: date, wanted: Wanted
) -> tuple[list[PostLine], dict[Standing, int]]:
    """The day's posts that are wanted, newest first, and how many there are of each standing."""
    start, end = day_bounds(day)
    rows = tx.run(
        "overview_posts.of_day",
        client_id=wanted.client_id,
        day_start=start,
        day_end=end,
        wib_day=day,
        platform=wanted.platform,
        term=wanted.search.strip().lower(),
        standing=wanted.standing,
        most=wanted.per_page,
        skipped=(wanted.page - 1) * wanted.per_page,
    )
    counts = rows[0]["counts"] or {}
    lines = [made(PostLine, row) for row in rows if row["content_id"]]
    return lines, {standing: counts.get(standing, 0) for standing in Standing}


MOST = 100


def archived(
    runtime: Runtime, before: int = NEWEST, most: int = MOST, client_id: str | None = None
) -> list[Archived]:
    """What was removed and not restored, newest first, of all clients or of one; `before`: the last
    one's id of the page before."""
    asked = {"content_id": None, "client_id": client_id, "before": before, "most": most}
    with runtime.db.transaction() as tx:
        return [made(Archived, row) for row in tx.run("overview_posts.archived", **asked)]


def held(runtime: Runtime, day: date | None = None) -> list[Held]:
    """The posts that a day's fetches lacked and that were kept, because there were too many of them
    or they could not be removed."""
    start, end = day_bounds(day or runtime.now().date())
    with runtime.db.transaction() as tx:
        return [made(Held, row) for row in tx.run("overview_posts.held", since=start, until=end)]
