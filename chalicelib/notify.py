"""What a client's groups are told at the end of its run, decided as data, written as rows.

The hour's task list goes out once an hour inside its window, changes or not, at the first run
that gets through; else only changes are told. A change is told once per chat: what tells it is
kept beside it in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Literal

from chalicelib import outbox, texts
from chalicelib.clients import Client, Platform
from chalicelib.db import Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.runtime import Runtime
from chalicelib.scope import todays_posts
from chalicelib.slots import Slot, day_bounds, task_list_hour
from chalicelib.texts import Change, TaskPost

LIST_LIFE = timedelta(minutes=60)


@dataclass(frozen=True)
class Decision:
    """What to send to a client's chats, and why, for logs and people."""

    send: Literal["task_list", "changes", "nothing"]
    why: str


def decide(hour: str | None, last_hour: str | None, got_through: bool, changes: int) -> Decision:
    """`hour`: the key of the task list that this slot may send, None outside the window;
    `last_hour`: the key last sent; `changes`: how many changes some chat was not told. Pure."""
    due = hour is not None and hour > (last_hour or "")
    if due and got_through:
        return Decision("task_list", f"the list of hour {hour} was not sent yet")
    if changes:
        return Decision("changes", f"{changes} changes were not told yet")
    if due:
        return Decision("nothing", "no platform got through; the next run sends the list")
    return Decision("nothing", "no list is due and nothing changed")


def tell(
    runtime: Runtime, tx: Transaction, client: Client, job: ClientJob, got_through: bool
) -> None:
    """Writes the outbox rows of a client's run, in the run's own transaction."""
    if not client.chats:
        return
    slot, now = job.of_slot, runtime.now()
    state = tx.run("outbox.notified", client_id=client.client_id)[0]
    hour = _hour(runtime, slot)
    last_hour = state["last_notified_slot"]
    if decide(hour, last_hour, got_through, changes=0).send == "task_list":
        chats = list(client.chats)
        tx.run("outbox.supersede_task_lists", client_id=client.client_id, chats=chats, now=now)
    untold = tx.run(
        "outbox.untold",
        client_id=client.client_id,
        chats=list(client.chats),
        wib_day=slot.day,
    )
    decision = decide(hour, last_hour, got_through, len(untold))
    if decision.send == "task_list":
        _send_list(runtime, tx, client, job, untold)
    elif decision.send == "changes":
        outbox.add(tx, _change_messages(runtime, client, slot, untold), now)


def _hour(runtime: Runtime, slot: Slot) -> str | None:
    settings = runtime.settings
    return task_list_hour(slot, settings.task_list_window_start, settings.task_list_window_end)


def _send_list(
    runtime: Runtime, tx: Transaction, client: Client, job: ClientJob, untold: Sequence[Row]
) -> None:
    slot, now = job.of_slot, runtime.now()
    posts = {p: _task_posts(tx, client, p, job) for p in client.platforms}
    messages = []
    for chat in client.chats:
        changes = [row for row in untold if row["chat"] == chat]
        text = texts.task_list(client, slot.at, posts, [_change(row) for row in changes])
        key = f"task_list:{client.client_id}:{chat}:{slot.hour_key}"
        messages.append(
            outbox.Message(
                chat=chat,
                session=runtime.settings.gateway_wa_client_id,
                kind="task_list",
                slot=slot.at,
                text=text,
                key=key,
                expires_at=slot.at + LIST_LIFE,
                client_id=client.client_id,
                changes=tuple(row["change_id"] for row in changes),
            )
        )
    outbox.add(tx, messages, now)
    tx.run(
        "outbox.note_task_list",
        client_id=client.client_id,
        hour=slot.hour_key,
        instagram=len(posts.get("instagram", [])),
        tiktok=len(posts.get("tiktok", [])),
        now=now,
    )


def _change_messages(
    runtime: Runtime, client: Client, slot: Slot, untold: Sequence[Row]
) -> list[outbox.Message]:
    _, end_of_day = day_bounds(slot.day)
    messages = []
    for chat, rows in groupby(untold, key=lambda row: str(row["chat"])):
        told = list(rows)
        ids = tuple(row["change_id"] for row in told)
        messages.append(
            outbox.Message(
                chat=chat,
                session=runtime.settings.gateway_wa_client_id,
                kind="changes",
                slot=slot.at,
                text=texts.changes(client, slot.at, [_change(row) for row in told]),
                key=f"changes:{client.client_id}:{chat}:{slot}:{','.join(map(str, ids))}",
                expires_at=end_of_day,
                client_id=client.client_id,
                changes=ids,
            )
        )
    return messages


def _task_posts(
    tx: Transaction, client: Client, platform: Platform, job: ClientJob
) -> list[TaskPost]:
    return [
        TaskPost(
            platform=platform,
            content_id=row["content_id"],
            caption=row["caption"] or "",
            posted_at=row["created_at"],
            like_count=row["like_count"],
            comment_count=row["comment_count"],
            manual=row["source_type"] == "manual_input",
        )
        for row in todays_posts(tx, platform, client.client_id, job.of_slot)
        if not row["late"]
    ]


def _change(row: Row) -> Change:
    return Change(
        platform=row["platform"],
        content_id=row["content_id"],
        kind=row["kind"],
        caption=row["caption"] or "",
        posted_at=row["posted_at"],
    )
