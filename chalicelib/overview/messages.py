"""The outbox: the newest messages, by state, client or words, page by page; one with its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.db import Row, Transaction
from chalicelib.errors import BadInput
from chalicelib.overview.rows import NEWEST, made
from chalicelib.runtime import Runtime

AMONG = 5000
"""How many messages a search for words looks at, for one page."""

_CLIENTS = 50


@dataclass(frozen=True)
class MessageLine:
    """A message without its text."""

    outbox_id: int
    client_id: str | None
    chat: str | None
    kind: str | None
    status: str
    slot: datetime | None
    created_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    next_attempt_at: datetime | None
    attempt_count: int
    max_attempts: int
    error_message: str | None


@dataclass(frozen=True)
class Messages:
    """A page, newest first, as known at `read_at`. `next_before`: where the next page begins; None
    if this is the last. `searched_to`: the oldest message that a search for words looked at; older
    ones are on the next page, if they match. `counts`: by state: waiting and undecided ones."""

    read_at: datetime
    lines: Sequence[MessageLine]
    next_before: int | None
    searched_to: int | None
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Wanted:
    """Which messages. `search`: a message's number, part of a client's id or name, or else words of
    the text; `client_id`: of one client alone; `before`: only older ones than this id."""

    statuses: Sequence[str] = ()
    search: str = ""
    client_id: str | None = None
    before: int = NEWEST
    most: int = 50


@dataclass(frozen=True)
class MessageView:
    """One message with its text, as the chat sees it, as known at `read_at`. `session` is None for
    messages of the service before this one; `file` names the picture or workbook that goes with
    it."""

    read_at: datetime
    line: MessageLine
    session: str | None
    text: str
    file: str | None
    key: str | None
    last_attempt_at: datetime | None
    published_at: datetime | None
    wa_message_id: str | None
    changes: Sequence[int]


def messages(runtime: Runtime, wanted: Wanted | None = None) -> Messages:
    """A page of messages of this service."""
    asked = wanted or Wanted()
    with runtime.db.transaction() as tx:
        rows, searched_to = _find(tx, asked)
        waiting = tx.run("overview_messages.waiting")
    lines = [made(MessageLine, row) for row in rows[: asked.most]]
    more = len(rows) > asked.most
    next_before = lines[-1].outbox_id if more else searched_to
    counts = {row["status"]: row["messages"] for row in waiting}
    return Messages(runtime.now(), lines, next_before, searched_to, counts)


def message(runtime: Runtime, outbox_id: int) -> MessageView:
    """A message with its text. Raises BadInput if there is none."""
    with runtime.db.transaction() as tx:
        row = tx.first("redrive.show", outbox_id=outbox_id)
    if row is None:
        raise BadInput("outbox_id", f"there is no message {outbox_id}", "See the list.")
    return MessageView(
        read_at=runtime.now(),
        line=made(MessageLine, row),
        session=row["session"],
        text=row["text"] or "",
        file=row["file"],
        key=row["key"],
        last_attempt_at=row["last_attempt_at"],
        published_at=row["published_at"],
        wa_message_id=row["wa_message_id"],
        changes=row["change_ids"] or (),
    )


def _find(tx: Transaction, wanted: Wanted) -> tuple[list[Row], int | None]:
    """One row more than a page holds, and how far words were searched for."""
    term = wanted.search.strip()
    if term.isdecimal() and int(term) <= NEWEST:
        row = tx.first("redrive.show", outbox_id=int(term))
        return ([row] if row and row["session"] else []), None
    statuses, page = list(wanted.statuses) or None, {"most": wanted.most + 1}
    clients = [wanted.client_id] if wanted.client_id else _clients(tx, term)
    if clients:
        of = {"clients": clients, "statuses": statuses, "before": wanted.before}
        return tx.run("overview_messages.of_clients", **of, **page), None
    if term:
        return _with_words(tx, wanted, term, statuses)
    if statuses:
        return _in_states(tx, statuses, wanted.before, wanted.most + 1), None
    return tx.run("overview_messages.newest", before=wanted.before, **page), None


def _in_states(tx: Transaction, statuses: list[str], before: int, most: int) -> list[Row]:
    found: list[Row] = []
    for status in statuses:
        found += tx.run("overview_messages.of_status", status=status, before=before, most=most)
    return sorted(found, key=lambda row: -row["outbox_id"])[:most]


def _with_words(
    tx: Transaction, wanted: Wanted, term: str, statuses: list[str] | None
) -> tuple[list[Row], int | None]:
    among = {"before": wanted.before, "among": AMONG}
    looked_at = tx.run("overview_messages.searched_to", **among)[0]
    rows = tx.run("overview_messages.with_text", text=term, statuses=statuses, **among)
    whole = looked_at["messages"] == AMONG
    return rows, looked_at["outbox_id"] if whole else None


def _clients(tx: Transaction, term: str) -> list[str]:
    """The clients whose id or name holds the term, at most _CLIENTS of them; all if it is blank."""
    if not term:
        return []
    rows = tx.run("overview_messages.clients_named", term=term, most=_CLIENTS)
    return [row["client_id"] for row in rows]
