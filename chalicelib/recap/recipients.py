"""Whom a schedule's recaps reach, and what keeps them from somebody. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from chalicelib.chats import People, read_groups, read_people
from chalicelib.recap.schedule import EARLIEST, LATEST, Recipient, Schedule

Trouble = Literal["hours", "forms", "recipients", "group", "operator", "super", "chats"]
"""What is wrong: no hour, or one without data; no form; nobody named; a recipient that is no chat,
or only in part."""


@dataclass(frozen=True)
class Reach:
    """The chat ids that get the recaps, each once, and what is wrong with the schedule."""

    chats: tuple[str, ...]
    troubles: tuple[Trouble, ...]


def reach(schedule: Schedule, client: Mapping[str, Any]) -> Reach:
    """Whom the schedule reaches, given the client's row of `clients`."""
    named = {one: _NAMED[one](client) for one in schedule.recipients}
    more = _people(schedule.chats)
    chats = [chat for people in named.values() for chat in people.chats]
    troubles = tuple(_troubles(schedule, named, more))
    return Reach(tuple(dict.fromkeys([*chats, *more.chats])), troubles)


def _troubles(
    schedule: Schedule, named: Mapping[Recipient, People], more: People
) -> Iterator[Trouble]:
    if not schedule.hours or not all(EARLIEST <= hour <= LATEST for hour in schedule.hours):
        yield "hours"
    if not schedule.forms:
        yield "forms"
    if not (schedule.recipients or schedule.chats.strip()):
        yield "recipients"
    for one, people in named.items():
        if people.refused or not people.chats:
            yield one
    if more.refused:
        yield "chats"


@lru_cache(maxsize=4096)  # the window looks at all schedules, again and again
def _people(text: str | None) -> People:
    return read_people(text or "")


@lru_cache(maxsize=4096)
def _groups(text: str | None) -> People:
    groups = read_groups(text)
    return People(groups.chats, tuple(range(1, groups.refused + 1)))


_NAMED: Mapping[Recipient, Callable[[Mapping[str, Any]], People]] = {
    "group": lambda client: _groups(client.get("client_group")),
    "operator": lambda client: _people(client.get("client_operator")),
    "super": lambda client: _people(client.get("client_super")),
}
