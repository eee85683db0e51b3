"""Writes the recaps that schedules ask for to the outbox, each hour's once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.clients import Client
from chalicelib.db import Transaction
from chalicelib.outbox.messages import Message, in_parts
from chalicelib.outbox.publish import add_messages, publish_messages
from chalicelib.recap.count import Recap
from chalicelib.recap.files import RecapFile
from chalicelib.recap.forms.rankings import ranking_text
from chalicelib.recap.forms.text import NAMES_LEFT_OUT, caption, recap_text
from chalicelib.recap.load import Question, load_recap
from chalicelib.recap.ranking import rank
from chalicelib.recap.recipients import reach
from chalicelib.recap.schedule import Due, Form, Known, due, key_of
from chalicelib.recap.schedules import schedule_of
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, day_bounds
from chalicelib.texts import Part

MOST_PARTS = 10
"""Of how many messages a recap as text may consist; a longer one is sent without its names, and of
several units with their ranking."""

MOST_AT_ONCE = 25
"""Recaps that one minute writes; the rest are written in the next, in the order of their hours."""


@dataclass(frozen=True)
class Planned:
    """A client's recap that is due, and where it goes."""

    client: Client
    due: Due
    chats: tuple[str, ...]
    forms: tuple[Form, ...]


def planned(runtime: Runtime) -> list[Planned]:
    """The recaps that are due now, at most MOST_AT_ONCE, those of the earliest hours first."""
    now = runtime.now()
    with runtime.db.transaction() as tx:
        rows = tx.run("recap_schedule.active", day_start=day_bounds(now.date())[0], now=now)
    found = []
    for row in rows:
        schedule = schedule_of(row)
        known = Known(_slots(row["finished"]), _slots(row["running"]), set(row["told"]))
        if (one := due(schedule, known, now)) is not None:
            chats = reach(schedule, row["client"]).chats
            found.append(Planned(Client.from_row(row["client"]), one, chats, schedule.forms))
    found.sort(key=lambda plan: plan.due.at)
    return [plan for plan in found if plan.chats][:MOST_AT_ONCE]


def write(runtime: Runtime, plan: Planned) -> int:
    """Writes the messages of a recap, and what it said; returns how many are new, none if it was
    written before. Messages of earlier hours that were not sent yet are superseded."""
    client_id, due_, now = plan.client.client_id, plan.due, runtime.now()
    day = due_.slot.day
    recap = load_recap(runtime, Question(client_id, day, day, at=due_.slot))
    messages = list(_messages(runtime, plan, recap))
    with runtime.db.transaction() as tx:
        if not _taken(tx, plan, recap, messages):
            return 0
        tx.run("recap_schedule.supersede", client_id=client_id, due_at=due_.at, now=now)
        rows = add_messages(tx, messages, now)
    publish_messages(runtime, rows)
    return len(rows)


def _slots(moments: Iterable[Any]) -> list[Slot]:
    return [Slot.exactly(moment) for moment in moments]


def _messages(runtime: Runtime, plan: Planned, recap: Recap) -> Iterator[Message]:
    """Each chat's messages, in the order of the forms."""
    settings = runtime.settings
    text, captions = _text(recap, settings.wa_message_max_characters), [Part(caption(recap))]
    for chat in plan.chats:
        for form in plan.forms:
            first = Message(
                chat=chat,
                session=settings.gateway_wa_client_id,
                kind="recap",
                slot=plan.due.slot.at,
                text="",
                key=key_of(plan.client.client_id, chat, plan.due.at, form),
                expires_at=plan.due.expires_at,
                client_id=plan.client.client_id,
                attachment=_file(plan, form),
            )
            yield from in_parts(first, text if form == "text" else captions)


def _text(recap: Recap, longest: int) -> Sequence[Part]:
    """The recap with everybody's name; or, if that is too long, without names, and with the ranking
    of the units in which its people serve, if those are several."""
    parts = recap_text(recap, longest)
    if len(parts) <= MOST_PARTS:
        return parts
    without = Part(f"{caption(recap)}\n{NAMES_LEFT_OUT}")
    ranking = rank(recap, {})
    return [without, *ranking_text(ranking, longest)] if len(ranking.units) > 1 else [without]


def _file(plan: Planned, form: Form) -> Mapping[str, Any] | None:
    if form == "text":
        return None
    return RecapFile.of(plan.client.client_id, plan.due.slot, form).model_dump(mode="json")


def _taken(tx: Transaction, plan: Planned, recap: Recap, messages: Iterable[Message]) -> bool:
    """Records what is told; False if this hour's recap was told before."""
    lacking = ("belum", "kurang")
    said = {
        line.person.user_id: [line.status, line.together.done]
        for line in recap.lines
        if line.status in lacking
    }
    return bool(
        tx.run(
            "recap_schedule.take",
            client_id=plan.client.client_id,
            due_at=plan.due.at,
            slot=plan.due.slot.at,
            keys=[message.key for message in messages],
            posts=json.dumps([[post.platform, post.content_id] for post in recap.posts]),
            said=json.dumps(said),
        )
    )
