"""A message to one chat, as the rules decide it and the outbox stores it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypedDict

from chalicelib.texts import Part

MessageKind = Literal["task_list", "changes", "admin_report", "admin_alert", "recap", "correction"]


@dataclass(frozen=True)
class Message:
    """A message to one chat. `changes` are the ledger ids that this message shows.

    `key` is derived from what is told, never from the text: the same thing is told once.
    `first_key` is the first part's key, for the parts after it: they are written only together with
    it. `attachment` describes the file that goes with the text, which then is its caption.
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
    attachment: Mapping[str, Any] | None = None


class OutboxRow(TypedDict):
    """A committed outbox row, as the queue takes it; `key`: the queue drops repeats of it."""

    outbox_id: int
    session: str
    chat: str
    key: str


class Written(OutboxRow):
    """A row that was written just now; `tells_all`: its chat had been told none of its changes
    before."""

    tells_all: bool


class Held(TypedDict):
    """A message that a person decides on, locked until the transaction ends, with what the decision
    depends on: whether its chat has a `newer_list`, and how many of its changes were
    `told_elsewhere` since. `session` is None for messages of the service before this one."""

    session: str | None
    status: str
    expires_at: datetime | None
    newer_list: bool | None
    told_elsewhere: int


def in_parts(first: Message, parts: Sequence[Part]) -> tuple[Message, ...]:
    """One message per part of a text. The first has the given key; later keys are made of it and
    the part's number. Each carries the changes that it shows, so that a part which is never sent
    gives back its own and no others."""
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
