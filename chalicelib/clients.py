"""Who takes part: clients as the rules see them, whatever was typed into the table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.chats import group_chats
from chalicelib.handles import Handle, Problem, read_handle
from chalicelib.platforms import PLATFORMS, Platform

_COLUMNS: Mapping[Platform, str] = {"instagram": "client_insta", "tiktok": "client_tiktok"}


@dataclass(frozen=True)
class Client:
    """A unit with at least its id; a platform is on exactly when its handle is not None.

    `client_id` is written as stored. `chats` are group ids ending in @g.us. An inactive client
    (`client_status` not true) is told nothing.
    """

    client_id: str
    name: str
    client_type: str | None
    instagram: str | None
    tiktok: str | None
    tiktok_secuid: str | None
    chats: tuple[str, ...]
    active: bool = True

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Client:
        """A client from a row of `clients`. A NULL platform status counts as on."""
        return cls(
            client_id=row["client_id"],
            name=row["nama"],
            client_type=row["client_type"],
            instagram=_handle(row, "instagram").name,
            tiktok=_handle(row, "tiktok").name,
            tiktok_secuid=row["tiktok_secuid"] or None,
            chats=group_chats(row["client_group"], row["client_id"]),
            active=row.get("client_status", True) is True,
        )

    @property
    def platforms(self) -> tuple[Platform, ...]:
        return tuple(platform for platform in PLATFORMS if self.handle(platform))

    def handle(self, platform: Platform) -> str | None:
        return self.instagram if platform == "instagram" else self.tiktok


def participants(rows: Iterable[Mapping[str, Any]]) -> list[Client]:
    """The clients of these rows that have a platform on."""
    return [client for client in map(Client.from_row, rows) if client.platforms]


@dataclass(frozen=True)
class UnusableHandles:
    """What a client has set as handles and cannot be used, by platform; platforms whose status is
    off are not looked at. `left_out`: nothing else is on, so the client takes no part."""

    client_id: str
    problems: Mapping[Platform, Problem]
    left_out: bool


def unusable_handles(rows: Iterable[Mapping[str, Any]]) -> list[UnusableHandles]:
    """The clients of these rows with a handle that is set, not switched off, and names no
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
    """The handle of a platform that is not switched off."""
    column = _COLUMNS[platform]
    return Handle() if row[f"{column}_status"] is False else read_handle(row[column], platform)
