"""From what is stored of a client's run to the plan of what its chats are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.clients import Client
from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.notify.plan import ClientState, NotifySettings, Plan, plan
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.slots import Slot, day_bounds
from chalicelib.tasks import Task
from chalicelib.texts import Change, FeedRead


def load_run(
    runtime: Runtime, tx: Transaction, client_id: str, slot: Slot, note_links: bool
) -> Row | None:
    """The client's row of engagement.begin: its run, its posts of the day, its changes. With
    `note_links` new link reports become changes first."""
    day_start, day_end = day_bounds(slot.day)
    return tx.first(
        "engagement.begin",
        slot=slot.at,
        client_id=client_id,
        wib_day=slot.day,
        day_start=day_start,
        day_end=day_end,
        now=runtime.now(),
        note_links=note_links,
    )


def preview(runtime: Runtime, client: Client, slot: Slot) -> Plan:
    """What the client's chats would be told in this slot by what is stored now, every platform
    taken to get through. Writes nothing. BadInput for a client that is not there."""
    with runtime.db.transaction() as tx:
        row = load_run(runtime, tx, client.client_id, slot, note_links=False)
    if row is None:
        raise BadInput("client_id", f"there is no client {client.client_id!r}")
    tasks = tasks_of(client, row)
    return plan_of(runtime.settings, slot, client, row, tasks, got_through=True, feeds={})


def tasks_of(client: Client, row: Row) -> tuple[Task, ...]:
    """The client's posts in its row of engagement.begin, of the platforms that are on."""
    posts = (post for post in row["posts"] if post["platform"] in client.platforms)
    return tuple(map(Task.from_json, posts))


def plan_of(
    settings: Settings,
    slot: Slot,
    client: Client,
    row: Row,
    tasks: Sequence[Task],
    got_through: bool,
    feeds: Mapping[Platform, FeedRead] | None = None,
) -> Plan:
    """The plan for a client by its row of engagement.begin and the tasks in it. `got_through`:
    whether a platform brought something. `feeds`: how they were read, where not as the row has
    it."""
    state = ClientState(
        client=client,
        last_hour=row["last_notified_slot"],
        posts={p: _of_today(tasks, p) for p in client.platforms},
        untold={chat: _untold(row["changes"], chat) for chat in client.chats},
        feeds=_feeds(client, row) if feeds is None else feeds,
    )
    return plan(slot, state, rules_of(settings), got_through)


def rules_of(settings: Settings) -> NotifySettings:
    """The planner's rules from the settings in force."""
    return NotifySettings(
        window_start=settings.task_list_window_start,
        window_end=settings.task_list_window_end,
        session=settings.gateway_wa_client_id,
        longest=settings.wa_message_max_characters,
    )


def _feeds(client: Client, row: Row) -> dict[Platform, FeedRead]:
    """How each platform was read in this slot, and when last to its end today."""
    fetched, read_at = row["fetch_result"] or {}, row["feeds_read_at"]
    return {
        platform: FeedRead(
            fetched.get(platform, {}).get("verdict"),
            datetime.fromisoformat(read_at[platform]) if platform in read_at else None,
        )
        for platform in client.platforms
    }


def _of_today(tasks: Iterable[Task], platform: Platform) -> Sequence[Task]:
    return [task for task in tasks if task.platform == platform and not task.late]


def _untold(changes: Iterable[Mapping[str, Any]], chat: str) -> Sequence[Change]:
    """The changes that the chat was not told, or only by a list that has not left yet."""
    return [
        Change(
            change_id=change["change_id"],
            platform=change["platform"],
            content_id=change["content_id"],
            kind=change["kind"],
            caption=change["caption"] or "",
            posted_at=posted_at and datetime.fromisoformat(posted_at),
            detail=change["detail"],
            in_unsent_list=change["told"].get(chat, False),
        )
        for change in changes
        for posted_at in [change["posted_at"]]
        if change["told"].get(chat, True)
    ]
