"""The end of a client's run: its state is read, the plan is made, and written as outbox rows in
the run's own transaction."""

from __future__ import annotations

import logging
from itertools import groupby

from chalicelib import outbox
from chalicelib.clients import Client, Platform
from chalicelib.db import Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.notify import ClientState, Plan, Rules, due_hour, plan
from chalicelib.runtime import Runtime
from chalicelib.scope import todays_posts
from chalicelib.settings import Settings
from chalicelib.slots import Slot
from chalicelib.texts import Change, TaskPost

log = logging.getLogger(__name__)


def tell(
    runtime: Runtime, tx: Transaction, client: Client, job: ClientJob, got_through: bool
) -> Plan:
    """Writes what the client's chats are to be told, with the ledger marks; answers the plan."""
    slot, rules = job.of_slot, rules_of(runtime.settings)
    state = ClientState(client)
    if client.active and client.chats:
        state = _read(runtime, tx, client, slot, rules, got_through)
    decided = plan(slot, state, rules, got_through)
    log.info("client %s, slot %s: %s, %s", client.client_id, slot, decided.send, decided.why)
    outbox.add(tx, decided.messages, runtime.now())
    if decided.hour:
        tx.run(
            "outbox.note_task_list",
            client_id=client.client_id,
            hour=decided.hour,
            instagram=len(state.posts.get("instagram", ())),
            tiktok=len(state.posts.get("tiktok", ())),
            now=runtime.now(),
        )
    return decided


def _read(
    runtime: Runtime,
    tx: Transaction,
    client: Client,
    slot: Slot,
    rules: Rules,
    got_through: bool,
) -> ClientState:
    """The client's state, locked. Where a list is due, unsent older ones make way for it first,
    so that none of them leaves while the new one is made."""
    last_hour = tx.run("outbox.notified", client_id=client.client_id)[0]["last_notified_slot"]
    if got_through and due_hour(slot, last_hour, rules):
        tx.run(
            "outbox.supersede_task_lists",
            client_id=client.client_id,
            chats=list(client.chats),
            now=runtime.now(),
        )
    return _state(tx, client, slot, last_hour)


def preview(runtime: Runtime, client: Client, slot: Slot) -> Plan:
    """What the client's chats would be told in this slot by what is stored now, every platform
    taken to get through. Writes nothing."""
    with runtime.db.transaction() as tx:
        row = tx.first("telling.last_hour", client_id=client.client_id) or {}
        state = _state(tx, client, slot, row.get("last_notified_slot"))
    return plan(slot, state, rules_of(runtime.settings), got_through=True)


def rules_of(settings: Settings) -> Rules:
    """The planner's rules from the settings in force."""
    return Rules(
        window_start=settings.task_list_window_start,
        window_end=settings.task_list_window_end,
        session=settings.gateway_wa_client_id,
        longest=settings.wa_message_max_characters,
    )


def _state(tx: Transaction, client: Client, slot: Slot, last_hour: str | None) -> ClientState:
    rows = tx.run(
        "telling.untold",
        client_id=client.client_id,
        chats=list(client.chats),
        wib_day=slot.day,
    )
    chats = groupby(rows, key=lambda row: str(row["chat"]))
    return ClientState(
        client=client,
        last_hour=last_hour,
        posts={p: _task_posts(tx, client, p, slot) for p in client.platforms},
        untold={chat: [_change(row) for row in changes] for chat, changes in chats},
    )


def _task_posts(tx: Transaction, client: Client, platform: Platform, slot: Slot) -> list[TaskPost]:
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
        for row in todays_posts(tx, platform, client.client_id, slot)
        if not row["late"]
    ]


def _change(row: Row) -> Change:
    return Change(
        change_id=row["change_id"],
        platform=row["platform"],
        content_id=row["content_id"],
        kind=row["kind"],
        caption=row["caption"] or "",
        posted_at=row["posted_at"],
        in_unsent_list=row["in_unsent_list"],
    )
