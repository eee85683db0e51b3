"""Who takes part: clients as the rules see them, whatever was typed into the table. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

log = logging.getLogger(__name__)

Platform = Literal["instagram", "tiktok"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)

_HANDLE = re.compile(r"[a-z0-9._]+")
_GROUP = re.compile(r"[0-9]{5,}(-[0-9]+)?")
_BARE_GROUP = re.compile(r"[0-9]{15,}|[0-9]{5,}-[0-9]+")  # shorter numbers are people's
_PERSON = re.compile(r"(?:62|0)[0-9]{7,13}")
_LONGEST_NUMBER = 15  # digits, by E.164


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
            instagram=_platform(row["client_insta"], row["client_insta_status"]),
            tiktok=_platform(row["client_tiktok"], row["client_tiktok_status"]),
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


def normalise_handle(text: str | None) -> str | None:
    """`@X`, ` x `, a profile URL, upper case → `x`; None where no handle is in it."""
    handle = (text or "").strip().lower()
    if "/" in handle:
        handle = _handle_of_url(handle)
    handle = handle.lstrip("@").strip()
    return handle if _HANDLE.fullmatch(handle) else None


@dataclass(frozen=True)
class Groups:
    """What a `client_group` names: the group ids in it, each ending in @g.us, and how many
    entries are none (people's ids, links, words)."""

    chats: tuple[str, ...]
    refused: int


def read_groups(text: str | None) -> Groups:
    """The entries of a `client_group`, separated by `,` or `;` or spaces, with or without @g.us."""
    entries = [entry for entry in re.split(r"[,;\s]+", text or "") if entry]
    chats = [_group(entry) for entry in entries]
    return Groups(tuple(dict.fromkeys(c for c in chats if c)), chats.count(None))


def group_chats(text: str | None, client_id: str = "") -> tuple[str, ...]:
    """The group ids of a `client_group`. What is no group is left out with a warning."""
    groups = read_groups(text)
    for _ in range(groups.refused):
        log.warning("client %s: an entry of client_group is not a group id", client_id)
    return groups.chats


def personal_chats(*texts: str) -> tuple[str, ...]:
    """Operators' numbers in any local form (08…, +62…, 62…@c.us) as WhatsApp chat ids; a group
    id that ends in @g.us may stand among them. What is neither is left out with a warning."""
    chats: list[str] = []
    for entry in re.split(r"[,;\n]+", ",".join(texts)):
        if chat := _group(entry.strip()) if "@g.us" in entry.lower() else _person(entry):
            chats.append(chat)
        elif entry.strip():
            log.warning("an operators' number is not usable and was left out")
    return tuple(dict.fromkeys(chats))


def _group(entry: str) -> str | None:
    group, _, domain = entry.lower().partition("@")
    form = {"": _BARE_GROUP, "g.us": _GROUP}.get(domain)
    if form and form.fullmatch(group) and not _PERSON.fullmatch(group):
        return f"{group}@g.us"
    return None


def _person(entry: str) -> str | None:
    number, _, domain = entry.strip().partition("@")
    digits = re.sub(r"\D", "", number.split(":")[0]).removeprefix("00")
    digits = "62" + digits[2:].removeprefix("0") if digits.startswith("62") else digits
    if digits.startswith(("0", "8")):
        digits = "62" + digits.removeprefix("0")
    if domain in ("", "c.us", "s.whatsapp.net") and 8 <= len(digits) <= _LONGEST_NUMBER:
        return f"{digits}@s.whatsapp.net"
    return None


def _platform(handle: str | None, status: bool | None) -> str | None:
    return None if status is False else normalise_handle(handle)


def _handle_of_url(url: str) -> str:
    path = re.sub(r"^(https?:)?//", "", url).split("?")[0].split("#")[0]
    segments = [segment for segment in path.split("/") if segment]
    return segments[1] if len(segments) > 1 else ""
