"""A unit's people as the recap counts them, with every account that they may engage by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

from chalicelib.handles import Handle, read_handle
from chalicelib.platforms import PLATFORMS, Platform


@dataclass(frozen=True)
class Person:
    """A person who is to engage. `title`: the rank (pangkat); `division`: the satfung; `position`:
    the jabatan; `unit_id`: the unit in which the person serves, which need not be the one whose
    posts are counted. `accounts`: names in lower case without `@`, each once, the first one entered
    first; `unusable`: what was entered and names no account.
    """

    user_id: str
    name: str
    title: str = ""
    division: str = ""
    position: str = ""
    unit_id: str = ""
    unit: str = ""
    excused: bool = False
    accounts: Mapping[Platform, Sequence[str]] = field(default_factory=dict)
    unusable: Mapping[Platform, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A person from a row of recap.people."""
        accounts: dict[Platform, list[str]] = {}
        unusable: dict[Platform, list[str]] = {}
        for platform, text in row["accounts"]:
            handle = _read(text, platform) if platform in PLATFORMS else Handle()
            if handle.problem:
                unusable.setdefault(platform, []).append(text)
            elif handle.name and handle.name not in accounts.get(platform, ()):
                accounts.setdefault(platform, []).append(handle.name)
        texts = ("name", "title", "division", "position", "unit_id", "unit")
        return cls(
            user_id=row["user_id"],
            excused=row["excused"],
            accounts=accounts,
            unusable=unusable,
            **{name: _on_one_line(row[name] or "") for name in texts},
        )

    @staticmethod
    @lru_cache(maxsize=1 << 13)
    def from_json(text: str) -> Person:
        """A person from a row as JSON. Kept, because people are looked at again and again, and
        reading what was typed in takes longer than all that is counted from it."""
        return Person.from_row(json.loads(text))

    @property
    def full_name(self) -> str:
        """Rank and name."""
        return f"{self.title} {self.name}".strip() or self.user_id


def accounts_of(people: Iterable[Person]) -> dict[Platform, set[str]]:
    """All accounts of these people, by platform."""
    every = [person.accounts for person in people]
    return {
        platform: {name for accounts in every for name in accounts.get(platform, ())}
        for platform in PLATFORMS
    }


@lru_cache(maxsize=1 << 14)
def _on_one_line(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=1 << 16)
def _read(text: str, platform: Platform) -> Handle:
    return read_handle(text, platform)
