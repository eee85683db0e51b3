"""What a client's chats are told, based on what is stored of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.clients import Client
from chalicelib.db import Transaction
from chalicelib.errors import BadInput
from chalicelib.notify.plan import ClientState, NotifySettings, Plan, plan
from chalicelib.notify.run import LedgerEntry, Run
from chalicelib.platforms import Platform
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.slots import Slot, day_bounds
from chalicelib.texts import Change, FeedRead


def load_run(
    runtime: Runtime, tx: Transaction, client_id: str, slot: Slot, note_links: bool
) -> Run | None:
    """The client's run of the slot, its posts of the day and its changes; None if there is no such
    client. With `note_links`, new link reports are recorded as changes first."""
    day_start, day_end = day_bounds(slot.day)
    row = tx.first(
        "engagement.begin",
        slot=slot.at,
        client_id=client_id,
        wib_day=slot.day,
        day_start=day_start,
        day_end=day_end,
        now=runtime.now(),
        note_links=note_links,
    )
    return Run.from_row(row) if row else None


def preview(runtime: Runtime, client: Client, slot: Slot) -> Plan:
    """What the client's chats would be told in this slot based on what is stored now, assuming that
    every platform gets through. Writes nothing. Raises BadInput for an unknown client."""
    with runtime.db.transaction() as tx:
        run = load_run(runtime, tx, client.client_id, slot, note_links=False)
    if run is None:
        raise BadInput("client_id", f"there is no client {client.client_id!r}")
    return plan_of(runtime.settings, slot, run, got_through=True, feeds={})


def plan_of(
    settings: Settings,
    slot: Slot,
    run: Run,
    got_through: bool,
    feeds: Mapping[Platform, FeedRead] | None = None,
) -> Plan:
    """The plan for a client. `got_through`: whether a platform yielded something. `feeds`: how they
    were read, if not as recorded in the run."""
    client = run.client
    state = ClientState(
        client=client,
        last_hour=run.last_hour,
        posts={platform: run.of_today(platform) for platform in client.platforms},
        untold={chat: _untold(run.changes, chat) for chat in client.chats},
        feeds=run.feeds if feeds is None else feeds,
    )
    return plan(slot, state, rules_of(settings), got_through)


def rules_of(settings: Settings) -> NotifySettings:
    """The planner's settings, taken from the settings in force."""
    return NotifySettings(
        window_start=settings.task_list_window_start,
        window_end=settings.task_list_window_end,
        session=settings.gateway_wa_client_id,
        longest=settings.wa_message_max_characters,
    )


def _untold(changes: Sequence[LedgerEntry], chat: str) -> Sequence[Change]:
    """The changes that the chat was not told, or only by a list that has not been sent yet."""
    return [
        replace(entry.change, in_unsent_list=entry.told.get(chat, False))
        for entry in changes
        if entry.told.get(chat, True)
    ]
