"""Writes, in the morning, what the recaps of the day before said too early; once a client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from chalicelib.db import Row
from chalicelib.outbox.messages import Message, in_parts
from chalicelib.outbox.publish import add_messages, publish_messages
from chalicelib.recap.correction import (
    FROM,
    UNTIL,
    Said,
    correction,
    correction_text,
    of_what_is_left,
)
from chalicelib.recap.evidence import Evidence
from chalicelib.recap.load import Question, load_evidence
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot, day_bounds, to_wib

Told = Sequence[Row]
"""A client's rows of recap_told of one day, the latest hour first."""


def uncorrected(runtime: Runtime) -> list[tuple[str, Told]]:
    """The clients whose recaps of yesterday are to be compared with what is known now."""
    now = runtime.now()
    if not FROM <= now.time() < UNTIL:
        return []
    start, end = day_bounds(now.date() - timedelta(days=1))
    with runtime.db.transaction() as tx:
        rows = tx.run("recap_schedule.uncorrected", day_start=start, day_end=end)
    return [(client, list(of)) for client, of in groupby(rows, lambda row: str(row["client_id"]))]


def correct(runtime: Runtime, client_id: str, told: Told) -> int:
    """Writes the correction to each chat that a recap reached, of the last one that it got; returns
    how many messages are new. Nothing is written where nothing has changed."""
    now = runtime.now()
    day = to_wib(told[0]["due_at"]).date()
    messages = list(_messages(runtime, client_id, told, day))
    hours = [row["due_at"] for row in told]
    with runtime.db.transaction() as tx:
        if not tx.run("recap_schedule.corrected", client_id=client_id, hours=hours, now=now):
            return 0
        rows = add_messages(tx, messages, now)
    publish_messages(runtime, rows)
    return len(rows)


def _messages(runtime: Runtime, client_id: str, told: Told, day: date) -> Iterator[Message]:
    if not any(row["chats"] for row in told):
        return
    evidence = load_evidence(runtime, Question(client_id, day, day))
    settings, now = runtime.settings, runtime.now()
    reached: set[str] = set()
    for row in told:
        chats = [chat for chat in row["chats"] if chat not in reached]
        reached.update(chats)
        found = correction(_left(runtime, client_id, _said(row), evidence), evidence)
        if not found.lines:
            continue
        parts = correction_text(found, settings.wa_message_max_characters)
        for chat in chats:
            first = Message(
                chat=chat,
                session=settings.gateway_wa_client_id,
                kind="correction",
                slot=row["slot"],
                text="",
                key=f"correction:{client_id}:{chat}:{day}",
                expires_at=datetime.combine(now.date(), UNTIL, WIB),
                client_id=client_id,
            )
            yield from in_parts(first, parts)


def _left(runtime: Runtime, client_id: str, said: Said, evidence: Evidence) -> Said:
    """What was said; of the posts that are left, if some were removed since."""
    if said.posts <= {post.key for post in evidence.posts}:
        return said
    slot = Slot.exactly(said.slot)
    question = Question(client_id, slot.day, slot.day, at=slot)
    return of_what_is_left(said, load_evidence(runtime, question))


def _said(row: Row) -> Said:
    return Said(
        at=row["due_at"],
        slot=row["slot"],
        posts=frozenset((platform, content_id) for platform, content_id in row["posts"]),
        people={user_id: (status, done) for user_id, (status, done) in row["said"].items()},
    )
