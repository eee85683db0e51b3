"""From what is stored of a client's run to the plan of what its chats are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.clients import Client, Platform
from chalicelib.db import Row
from chalicelib.notify import ClientState, Plan, Rules, plan
from chalicelib.scope import Task
from chalicelib.settings import Settings
from chalicelib.slots import Slot
from chalicelib.texts import Change, TaskPost


def plan_of(settings: Settings, slot: Slot, client: Client, row: Row, got_through: bool) -> Plan:
    """The plan for a client by its row of engaging.begin. `got_through`: whether a platform
    brought something."""
    tasks = [Task.from_json(post) for post in row["posts"]]
    state = ClientState(
        client=client,
        last_hour=row["last_notified_slot"],
        posts={p: _shown(tasks, p) for p in client.platforms},
        untold={chat: _untold(row["changes"], chat) for chat in client.chats},
    )
    return plan(slot, state, rules_of(settings), got_through)


def rules_of(settings: Settings) -> Rules:
    """The planner's rules from the settings in force."""
    return Rules(
        window_start=settings.task_list_window_start,
        window_end=settings.task_list_window_end,
        session=settings.gateway_wa_client_id,
        longest=settings.wa_message_max_characters,
    )


def _shown(tasks: Iterable[Task], platform: Platform) -> Sequence[TaskPost]:
    return [
        TaskPost(
            platform=platform,
            content_id=task.content_id,
            caption=task.caption,
            posted_at=task.created_at,
            like_count=task.like_count,
            comment_count=task.comment_count,
            manual=task.source_type == "manual_input",
        )
        for task in tasks
        if task.platform == platform and not task.late
    ]


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
