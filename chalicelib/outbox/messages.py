"""A message to one chat, as rules decide it and the outbox keeps it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.texts import Part

MessageKind = Literal["task_list", "changes", "admin_report", "admin_alert"]


@dataclass(frozen=True)
class Message:
    """A message to one chat. `changes` are the ledger ids that this message shows.

    `key` is made of what is told, never of the text: the same thing is told once. `first_key` is
    the first part's key, for the parts after it: they are written only together with it.
    """

    chat: str
    session: str
    kind: MessageKind
    slot: datetime
    text: str
    key: str
    expires_at: datetime
    client_id: str | None = None
    changes: tuple[int, ...] = ()
    first_key: str | None = None


def in_parts(first: Message, parts: Sequence[Part]) -> tuple[Message, ...]:
    """One message per part of a text. The first has the given key; the key of a later one is
    made of it and its number. Each carries the changes that it shows, so that a part which is
    never sent gives back its own and no others."""
    return tuple(
        replace(
            first,
            text=part.text,
            changes=part.changes,
            key=first.key if number == 1 else f"{first.key}:part{number}",
            first_key=None if number == 1 else first.key,
        )
        for number, part in enumerate(parts, 1)
    )
