"""What a client's groups are told at the end of its run, decided as data. Pure.

The hour's task list goes out once an hour within its window, even without changes, at the first run
that gets through; otherwise only changes are told. A change is told once per chat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from chalicelib import texts
from chalicelib.clients import Client
from chalicelib.outbox.messages import Message, in_parts
from chalicelib.platforms import Platform
from chalicelib.slots import Slot, day_bounds, task_list_hour
from chalicelib.tasks import Task
from chalicelib.texts import Change, FeedRead

LIST_LIFE = timedelta(minutes=60)


@dataclass(frozen=True)
class NotifySettings:
    """The settings that the decision depends on: window ends are WIB and included; `session` is the
    WhatsApp account that writes; `longest` is a message's limit in characters."""

    window_start: time
    window_end: time
    session: str
    longest: int = texts.LONGEST


@dataclass(frozen=True)
class ClientState:
    """What is known of a client when its run ends.

    `last_hour`: the hour whose list was written last. `posts`: today's tasks, oldest first.
    `untold`: chat → its untold changes of this WIB day, oldest first, with those that only an
    unsent older list tells (`in_unsent_list`): a new list replaces that one. `feeds`: how the
    platforms were read; one that is missing was read in this slot.
    """

    client: Client
    last_hour: str | None = None
    posts: Mapping[Platform, Sequence[Task]] = field(default_factory=dict)
    untold: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    feeds: Mapping[Platform, FeedRead] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What to send, and why, for logs and people.

    Exactly when a task list is sent, `hour` is to be recorded as told, and unsent older lists of
    these chats are superseded.
    """

    send: Literal["task_list", "changes", "nothing"]
    why: str
    messages: tuple[Message, ...] = ()
    hour: str | None = None


def plan(slot: Slot, state: ClientState, rules: NotifySettings, got_through: bool) -> Plan:
    """What the client's chats are told at the end of its run of this slot. `got_through`: whether
    at least one platform yielded something."""
    client = state.client
    if not client.active:
        return Plan("nothing", "client_status is off")
    if not client.chats:
        return Plan("nothing", "client_group names no valid group")
    hour = due_hour(slot, state.last_hour, rules)
    if hour and got_through:
        messages = _lists(slot, state, rules)
        return Plan("task_list", f"the list of hour {hour} was not sent yet", messages, hour)
    messages = _changes(slot, state, rules)
    if messages:
        told = {change_id for message in messages for change_id in message.changes}
        return Plan("changes", f"{len(told)} changes were not told yet", messages)
    if hour:
        return Plan("nothing", "no platform got through; the next run sends the list")
    return Plan("nothing", "no list is due and nothing changed")


def due_hour(slot: Slot, last_hour: str | None, rules: NotifySettings) -> str | None:
    """The hour whose list is due in this slot; None outside the window, or if it or a later one was
    already sent."""
    hour = task_list_hour(slot, rules.window_start, rules.window_end)
    return hour if hour and hour > (last_hour or "") else None


def _lists(slot: Slot, state: ClientState, rules: NotifySettings) -> tuple[Message, ...]:
    client = state.client
    messages: list[Message] = []
    for chat in client.chats:
        untold = state.untold.get(chat, ())
        parts = texts.task_list(client, slot.at, state.posts, untold, rules.longest, state.feeds)
        first = Message(
            chat=chat,
            session=rules.session,
            kind="task_list",
            slot=slot.at,
            text="",
            key=f"task_list:{client.client_id}:{chat}:{slot.hour_key}",
            expires_at=slot.at + LIST_LIFE,
            client_id=client.client_id,
        )
        messages += in_parts(first, parts)
    return tuple(messages)


def _changes(slot: Slot, state: ClientState, rules: NotifySettings) -> tuple[Message, ...]:
    client = state.client
    messages: list[Message] = []
    for chat in client.chats:
        told = [change for change in state.untold.get(chat, ()) if not change.in_unsent_list]
        if not told:
            continue
        ids = ",".join(str(change.change_id) for change in told)
        first = Message(
            chat=chat,
            session=rules.session,
            kind="changes",
            slot=slot.at,
            text="",
            key=f"changes:{client.client_id}:{chat}:{slot}:{ids}",
            expires_at=day_bounds(slot.day)[1],
            client_id=client.client_id,
        )
        parts = texts.changes(client, slot.at, told, rules.longest, state.feeds)
        messages += in_parts(first, parts)
    return tuple(messages)
