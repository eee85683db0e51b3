"""A client in the list: what is known of its feeds, its lists and its last run. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.chats import Groups, read_groups
from chalicelib.clients import Client, unusable_handles
from chalicelib.handles import Problem
from chalicelib.overview.standing import Standing
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.results import Engaged, Fetched
from chalicelib.slots import SEGMENT_A, SEGMENT_B, Segment, segment_of, slots_of, to_wib

SETTLED = timedelta(minutes=25)
"""How long after its time a slot's fetch must be there for the client to be up to date."""


@dataclass(frozen=True)
class Feed:
    """A platform of a client. `slot`: the last one whose fetch was complete; `fetched_at`: when
    that was written; both None if there was none in the last two days. `due`: the slot of which
    data should be there by now; `error_kind`: what ended the last run's fetch or refresh, if
    anything did."""

    platform: Platform
    handle: str
    slot: datetime | None
    fetched_at: datetime | None
    due: datetime
    error_kind: str | None = None

    @property
    def standing(self) -> Standing:
        if self.slot is None:
            return Standing.NEVER
        late = self.slot < self.due
        return Standing.UNVERIFIED if late or self.error_kind else Standing.VERIFIED


@dataclass(frozen=True)
class Lists:
    """A client's posts of the day, and how much of their lists of people was read at the last read
    of each. `unread`: posts whose list was never read; `least`: the smallest share, 0 to 1, None if
    no count is credible."""

    posts: int = 0
    unread: int = 0
    complete: int = 0
    least: float | None = None


@dataclass(frozen=True)
class LastMessage:
    """A client's newest message."""

    outbox_id: int
    kind: str
    status: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class ClientLine:
    """A client in the list. `ended_at`, `outcome`, `error_kind`: of its last run that has ended;
    `succeeded_at`: the last one without any error. `problems`: of handles that cannot be used;
    `groups_refused`: entries of its groups that are no group's id. `runs` and `failed`, which are
    today's, and `message` are read for the lines that are shown (`clients.with_latest`)."""

    client_id: str
    name: str
    client_type: str | None
    active: bool
    standing: Standing
    feeds: Sequence[Feed]
    lists: Lists
    ended_at: datetime | None = None
    outcome: str | None = None
    error_kind: str | None = None
    succeeded_at: datetime | None = None
    problems: Mapping[Platform, Problem] | None = None
    groups: Sequence[str] = ()
    groups_refused: int = 0
    runs: int = 0
    failed: int = 0
    message: LastMessage | None = None

    @property
    def data_from(self) -> datetime | None:
        """The slot of the oldest of its platforms' data; None if one was never read."""
        slots = [feed.slot for feed in self.feeds]
        known = [slot for slot in slots if slot]
        return min(known) if known and len(known) == len(slots) else None

    @property
    def trouble(self) -> bool:
        """Whether something of it needs a look: errors, a handle or a group that cannot be used."""
        wrong = self.error_kind or self.problems or self.groups_refused or not self.groups
        return self.active and bool(wrong)


@dataclass(frozen=True)
class Due:
    """The slots of which data should be there by now, of each segment's clients."""

    a: datetime
    b: datetime

    def of(self, client: Client) -> datetime:
        segment = segment_of(client.client_id, client.client_type)
        return self.a if segment is SEGMENT_A else self.b


def due_at(now: datetime) -> Due:
    """The last slots that should have fetched posts by now; before the day's first they are
    yesterday's."""
    return Due(_due(SEGMENT_A, to_wib(now)), _due(SEGMENT_B, to_wib(now)))


def _due(segment: Segment, now: datetime) -> datetime:
    today = now.date()
    slots = [*slots_of(today - timedelta(days=1)), *slots_of(today)]
    return max(
        slot.at for slot in slots if slot.at + SETTLED <= now and segment.fetches_at(slot.at.time())
    )


Entry = Mapping[str, Any]
"""A client's entry of overview_clients.lines."""


@lru_cache(maxsize=4096)
def line_in(text: str, due: Due) -> ClientLine:
    """The line of an entry's JSON; kept, because between two slots hardly any of them changes, and
    reading a thousand takes nearly as long as all the rest of a page."""
    return line_of(json.loads(text), due)


def line_of(entry: Entry, due: Due) -> ClientLine:
    """A client's line."""
    last = entry["last"] or {}
    client, problems, groups = _typed_in(tuple(map(entry["client"].get, _COLUMNS)))
    feeds = feeds_of(client, _complete_fetches(entry, client), last, due)
    read = _lists(entry["lists"])
    return ClientLine(
        client_id=client.client_id,
        name=client.name,
        client_type=client.client_type,
        active=client.active,
        standing=standing_of(feeds, read, last.get("outcome")),
        feeds=feeds,
        lists=read,
        ended_at=_moment(last.get("finished_at")),
        outcome=last.get("outcome"),
        error_kind=last.get("error_kind"),
        succeeded_at=_moment(
            last.get("finished_at") if last.get("outcome") == "done" else entry["succeeded_at"]
        ),
        problems=problems,
        groups=groups.chats,
        groups_refused=groups.refused,
    )


_COLUMNS = (
    *("client_id", "nama", "client_type", "client_status", "client_group"),
    *(
        column
        for one in DESCRIPTIONS.values()
        for column in (one.handle_column, f"{one.handle_column}_status", one.account_id_column)
        if column
    ),
)
"""What people type in about a client, as far as it is shown."""


@lru_cache(maxsize=8192)
def _typed_in(values: tuple[Any, ...]) -> tuple[Client, Mapping[Platform, Problem] | None, Groups]:
    """The client of a row, the problems of its handles, and its groups; kept, because reading what
    people typed in takes longer than all the rest. The client itself is read without its groups:
    that would log what is wrong with them each time."""
    row = dict(zip(_COLUMNS, values, strict=True))
    client = Client.from_row({**row, "client_group": None})
    problems = next((unusable.problems for unusable in unusable_handles([row])), None)
    return client, problems, read_groups(row["client_group"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _complete_fetches(entry: Entry, client: Client) -> Mapping[Platform, Entry]:
    """The last complete fetch of each platform: of the last run, which is why none was looked up,
    or as looked up."""
    last: Entry | None = entry["last"]
    if entry["feeds"] is None and last is not None:
        return dict.fromkeys(client.platforms, last)
    return entry["feeds"] or {}


def feeds_of(client: Client, found: Mapping[Platform, Entry], last: Entry, due: Due) -> list[Feed]:
    """The client's platforms that are on. `found`: the last complete fetch of each; `last`: the
    last run that has ended."""
    errors = error_kinds(last.get("fetch_result"), last.get("engagement_result"))
    expected = due.of(client)
    return [
        Feed(
            platform=platform,
            handle=client.handles[platform],
            slot=_moment(read["slot"]) if (read := found.get(platform)) else None,
            fetched_at=_moment(read["fetched_at"]) if read else None,
            due=expected,
            error_kind=errors.get(platform),
        )
        for platform in client.platforms
    ]


def error_kinds(fetch: Fetched | None, engagement: Engaged | None) -> dict[Platform, str]:
    """What ended a run's fetch or refresh of each platform, if anything did."""
    both = [*(fetch or {}).items(), *(engagement or {}).items()]
    return {platform: kind for platform, result in both if (kind := result["error_kind"])}


def standing_of(feeds: Sequence[Feed], lists: Lists, outcome: str | None) -> Standing:
    """Verified only if every platform's data is of the slot that it should be of, the last run met
    no error, and the list of each post was read to its end."""
    standings = {feed.standing for feed in feeds}
    if outcome is None or standings <= {Standing.NEVER}:
        return Standing.NEVER
    certain = outcome == "done" and lists.complete == lists.posts
    return (
        Standing.VERIFIED if certain and standings == {Standing.VERIFIED} else Standing.UNVERIFIED
    )


def _lists(row: Entry | None) -> Lists:
    if row is None:
        return Lists()
    return Lists(row["posts"], row["posts"] - row["lists"], row["complete"], row["least"])


def message_of(row: Entry | None) -> LastMessage | None:
    """The newest message of an entry of overview_clients.latest."""
    if row is None:
        return None
    created_at = datetime.fromisoformat(row["created_at"])
    sent_at = _moment(row["sent_at"])
    return LastMessage(row["outbox_id"], row["kind"], row["status"], created_at, sent_at)
