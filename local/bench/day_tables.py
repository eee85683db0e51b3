"""What a day has left in the tables, to be held against another day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from chalicelib.db import Database
from chalicelib.slots import WIB

Names = Mapping[str, frozenset[str]]
"""Of each post, who is stored."""

_PEOPLE = {"insta_like": ("shortcode", "likes"), "tiktok_comment": ("video_id", "comments")}
_AUDITS = {"insta_like_audit": "shortcode", "tiktok_comment_audit": "video_id"}
_OTHERS = {
    "insta_post": "",
    "insta_post_clients": "",
    "tiktok_post": "",
    "tiktok_post_clients": "",
    "content_change": "change_id",
}
"""Tables with the column that says nothing: a number that is drawn."""

_NAMES = "SELECT {key} AS post, {people} AS names FROM {table}"
_SNAPSHOTS = """SELECT {key} AS post, usernames, snapshot_window_end AS ended FROM {table}
WHERE snapshot_window_end <= CAST(:start AS timestamptz) + interval '1 day'"""
_ROWS = "SELECT to_jsonb(t) - '{drawn}' AS row FROM {table} t ORDER BY 1"


@dataclass(frozen=True)
class Left:
    """`names` at the end; `snapshots` of each half hour of the day, by its end; `rows` of the other
    tables; `reads`: each post's lists in the day's order, as table coverage has them."""

    names: Names
    snapshots: Mapping[datetime, Names]
    rows: Mapping[str, list[Any]]
    reads: Sequence[Mapping[str, Any]]

    def share_of(self, whole: Names) -> float:
        """The part of these names that is stored here, 0 to 1."""
        wanted = sum(map(len, whole.values()))
        found = sum(len(names & self.names.get(post, frozenset())) for post, names in whole.items())
        return found / wanted if wanted else 1.0


def left_in(database_url: str, day_start: datetime) -> Left:
    """What a database holds after the day that began then."""
    database = Database(database_url)
    try:
        with database.transaction():
            return Left(
                _names(database), _snapshots(database, day_start), _rows(database), _reads(database)
            )
    finally:
        database.close()


def known_by(left: Left, day_start: datetime, clock: time) -> Names:
    """The names of each post in its last snapshot until this time of the day, in WIB."""
    until = datetime.combine(day_start, clock, WIB)
    known: dict[str, frozenset[str]] = {}
    for ended in sorted(left.snapshots):
        if ended <= until:
            known |= left.snapshots[ended]
    return known


def _names(database: Database) -> Names:
    found: dict[str, frozenset[str]] = {}
    for table, (key, people) in _PEOPLE.items():
        for row in database.execute(_NAMES.format(table=table, key=key, people=people)):
            found[row["post"]] = frozenset(row["names"])
    return found


def _snapshots(database: Database, day_start: datetime) -> Mapping[datetime, Names]:
    found: dict[datetime, dict[str, frozenset[str]]] = {}
    for table, key in _AUDITS.items():
        for row in database.execute(_SNAPSHOTS.format(table=table, key=key), start=day_start):
            of_window = found.setdefault(row["ended"].astimezone(WIB), {})
            of_window[row["post"]] = frozenset(row["usernames"])
    return found


def _rows(database: Database) -> Mapping[str, list[Any]]:
    return {
        table: [row["row"] for row in database.execute(_ROWS.format(table=table, drawn=drawn))]
        for table, drawn in _OTHERS.items()
    }


def _reads(database: Database) -> Sequence[Mapping[str, Any]]:
    return database.execute(
        "SELECT client_id, content_id, slot, count, pages FROM coverage "
        "ORDER BY client_id, content_id, slot"
    )
