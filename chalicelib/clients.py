"""Who takes part: clients as the rules see them, whatever was typed into the table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.chats import group_chats
from chalicelib.handles import Handle, Problem, read_handle
from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Platform


@dataclass(frozen=True)
class Client:
    """A unit with at least its id; a platform is on exactly when it has a handle.

    `client_id` is written as stored. `account_ids`: the account ids entered for the client, on
    platforms that identify accounts by an id. `chats` are group ids ending in @g.us. An inactive
    client (`client_status` not true) gets no messages.
    """

    client_id: str
    name: str
    client_type: str | None
    handles: Mapping[Platform, str]
    account_ids: Mapping[Platform, str]
    chats: tuple[str, ...]
    active: bool = True

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Client:
        """A client from a row of `clients`. A NULL platform status counts as on."""
        handles = {platform: _handle(row, platform).name for platform in PLATFORMS}
        columns = {platform: one.account_id_column for platform, one in DESCRIPTIONS.items()}
        ids = {platform: row[column] for platform, column in columns.items() if column}
        return cls(
            client_id=row["client_id"],
            name=row["nama"],
            client_type=row["client_type"],
            handles={platform: name for platform, name in handles.items() if name},
            account_ids={platform: found for platform, found in ids.items() if found},
            chats=group_chats(row["client_group"], row["client_id"]),
            active=row.get("client_status", True) is True,
        )

    @property
    def platforms(self) -> tuple[Platform, ...]:
        return tuple(platform for platform in PLATFORMS if platform in self.handles)


def participants(rows: Iterable[Mapping[str, Any]]) -> list[Client]:
    """The clients of these rows that have at least one platform on."""
    return [client for client in map(Client.from_row, rows) if client.platforms]


@dataclass(frozen=True)
class UnusableHandles:
    """A client's handles that are set but cannot be used, by platform; platforms whose status is
    off are ignored. `left_out`: nothing else is on, so the client does not take part."""

    client_id: str
    problems: Mapping[Platform, Problem]
    left_out: bool


def unusable_handles(rows: Iterable[Mapping[str, Any]]) -> list[UnusableHandles]:
    """The clients of these rows with a handle that is set, not switched off, and does not name an
    account."""
    found: list[UnusableHandles] = []
    for row in rows:
        handles = {platform: _handle(row, platform) for platform in PLATFORMS}
        problems = {p: handle.problem for p, handle in handles.items() if handle.problem}
        if problems:
            left_out = not any(handle.name for handle in handles.values())
            found.append(UnusableHandles(row["client_id"], problems, left_out))
    return found


def _handle(row: Mapping[str, Any], platform: Platform) -> Handle:
    """The handle of a platform; an empty one if the platform is switched off."""
    column = DESCRIPTIONS[platform].handle_column
    return Handle() if row[f"{column}_status"] is False else read_handle(row[column], platform)
