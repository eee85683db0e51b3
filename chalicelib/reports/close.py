"""What the operators are told: one report per closed slot, and alerts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from chalicelib import texts
from chalicelib.chats import personal_chats, read_groups
from chalicelib.clients import unusable_handles
from chalicelib.db import Transaction
from chalicelib.outbox.messages import Message, MessageKind, Written, in_parts
from chalicelib.outbox.publish import add_messages, publish_messages
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.recap import schedules
from chalicelib.recap.forms import troubles
from chalicelib.reports import results
from chalicelib.reports.foretold import shortages
from chalicelib.reports.heartbeat import ping
from chalicelib.reports.metrics import log_metrics, slot_metrics
from chalicelib.results import ClientResult
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, day_bounds
from chalicelib.texts import ClosedChats, Part, SlotReport, Uncovered, Undelivered

log = logging.getLogger(__name__)

ADMIN_LIFE = timedelta(hours=24)


def close_slot(runtime: Runtime, slot: Slot, overdue: bool = False) -> bool:
    """Closes the slot if its last client has finished, and writes its report and alerts; once.

    An `overdue` slot is closed without waiting; its report names the missing clients, which may
    still finish. The slot is closed even if the report fails; a report that is still due is written
    by `sweep`.
    """
    with runtime.db.transaction() as tx:
        closed = tx.first("slots.close", slot=slot.at, now=runtime.now(), overdue=overdue)
    if closed is None:
        return False
    log.info("slot %s closed", slot)
    tell_of_closed(runtime, slot)
    return True


def tell_of_closed(runtime: Runtime, slot: Slot) -> bool:
    """Writes what operators are told of a closed slot, and publishes it; returns whether it was
    due. Logs the slot's metrics, and pings the external monitor.

    In its own transaction, so that a failing report does not undo what it reports on.
    """
    with runtime.db.transaction() as tx:
        due = tx.first("slots.take_report", slot=slot.at)
        if due is None:
            return False
        summary = tx.run("slots.summary", slot=slot.at)[0] | due
        rows = _tell(runtime, tx, slot, summary)
        messages = _messages_of_day(tx, slot)
    stage, now = runtime.settings.cicero_stage, runtime.now()
    metrics = slot_metrics(stage, slot, now, summary, messages)
    log_metrics(f"slot {slot}: {summary['done']} of {summary['clients']} clients done", metrics)
    publish_messages(runtime, rows)
    ping(runtime.settings.heartbeat_url, runtime.deadline.left())
    return True


def tell_of_run(
    runtime: Runtime, slot: Slot, errors: Iterable[tuple[Platform, str]], closed: bool
) -> None:
    """After a client's run: writes the alerts that its errors call for, and the report of the slot
    that it `closed`. Raises nothing: what fails here is still due, and `sweep` writes it."""
    try:
        alert_once(runtime, slot, errors)
        if closed:
            tell_of_closed(runtime, slot)
    except Exception as error:  # noqa: BLE001  the run is written; sweep raises it
        log.error("slot %s: operators are told by sweep (%s)", slot, type(error).__name__)


def _messages_of_day(tx: Transaction, slot: Slot) -> dict[str, int]:
    """{state: how many messages of the slot's day are in it}"""
    start, end = day_bounds(slot.day)
    rows = tx.run("outbox.states", day_start=start, day_end=end)
    return {row["status"]: row["messages"] for row in rows}


def _tell(
    runtime: Runtime, tx: Transaction, slot: Slot, summary: Mapping[str, Any]
) -> list[Written]:
    rows = cast("list[ClientResult]", tx.run("slots.client_results", slot=slot.at))
    return [
        *_alert(runtime, tx, slot, results.platform_errors(rows)),
        *_write_report(runtime, tx, slot, summary, rows),
        *_tell_wrong_clients(runtime, tx, slot),
        *_tell_undelivered(runtime, tx, slot),
        *_tell_fallbacks(runtime, tx, slot),
    ]


def tell_operators(
    runtime: Runtime,
    tx: Transaction,
    slot: datetime,
    kind: MessageKind,
    key: str,
    text: str | Sequence[Part],
) -> list[Written]:
    """Writes a text, or its parts, to every operator; returns the new rows, for publishing. If no
    operator's number is valid, nothing is written but a warning in the log."""
    settings, now = runtime.settings, runtime.now()
    chats = personal_chats(settings.admin_whatsapp, settings.gateway_whatsapp_admin)
    if not chats:
        log.warning("no operator's number is valid; not told: %s", kind)
    parts = [Part(text)] if isinstance(text, str) else text
    messages = [
        part
        for chat in chats
        for part in in_parts(
            Message(
                chat=chat,
                session=settings.wa_log_client_id or settings.gateway_wa_client_id,
                kind=kind,
                slot=slot,
                text="",
                key=f"{kind}:{key}:{chat}",
                expires_at=now + ADMIN_LIFE,
            ),
            parts,
        )
    ]
    return add_messages(tx, messages, now)


_ALERTED = {"quota", "budget", "api_configuration"}


def alert_once(runtime: Runtime, slot: Slot, errors: Iterable[tuple[Platform, str]]) -> None:
    """Tells the operators of API errors that only they can fix, once per platform, kind and day.
    `errors`: platforms with error kinds; if none of them is of that sort, nothing is done."""
    alerted = [(platform, kind) for platform, kind in errors if kind in _ALERTED]
    if not alerted:
        return
    with runtime.db.transaction() as tx:
        rows = _alert(runtime, tx, slot, alerted)
    publish_messages(runtime, rows)


def _alert(
    runtime: Runtime, tx: Transaction, slot: Slot, errors: Iterable[tuple[Platform, str]]
) -> list[Written]:
    rows: list[Written] = []
    for platform, kind in sorted(errors):
        if kind in _ALERTED:
            text = texts.api_closed(platform, kind, slot.at)
            key = f"{kind}:{platform}:{slot.day}"
            rows += tell_operators(runtime, tx, slot.at, "admin_alert", key, text)
    return rows


def _write_report(
    runtime: Runtime,
    tx: Transaction,
    slot: Slot,
    summary: Mapping[str, Any],
    rows: list[ClientResult],
) -> list[Written]:
    level = runtime.settings.cicero_report_level
    due, unread = results.unread(rows)
    report = SlotReport(
        at=slot.at,
        clients=summary["clients"],
        done=summary["done"],
        failed=summary["failed"] + summary["unfinished"],
        posts_new=summary["posts_new"],
        posts_removed=summary["posts_removed"],
        api_requests=summary["api_requests"],
        seconds=summary["seconds"],
        messages=summary["messages_queued"],
        errors=results.errors_by_kind(rows),
        held=results.held_posts(rows),
        empty=results.accounts(rows, "empty"),
        uncovered=_uncovered(tx, slot),
        shortages=shortages(runtime, tx, slot),
        due=due,
        unread=unread,
        clients_in_detail=[results.client_line(row) for row in rows] if level == "verbose" else (),
    )
    if level == "errors" and not report.trouble:
        return []
    text = texts.slot_report(report, runtime.settings.wa_message_max_characters)
    return tell_operators(runtime, tx, slot.at, "admin_report", str(slot), text)


def _uncovered(tx: Transaction, slot: Slot) -> list[Uncovered]:
    """The slot's lists of which less than 95 % was read, each reported once a day and when it gets
    worse."""
    day_start, _ = day_bounds(slot.day)
    rows = tx.run("reports.uncovered", slot=slot.at, day_start=day_start)
    return [Uncovered(**row) for row in rows]


def _tell_wrong_clients(runtime: Runtime, tx: Transaction, slot: Slot) -> list[Written]:
    """The slot's clients that no message can reach, all active clients with a handle that does not
    name an account, including those that therefore do not take part, and those whose scheduled
    recaps do not reach everybody; each once a WIB day."""
    rows = tx.run("reports.clients", slot=slot.at)
    groups = [(r["client_id"], read_groups(r["client_group"])) for r in rows if r["took_part"]]
    closed = [ClosedChats(client_id, g.refused) for client_id, g in groups if not g.chats]
    wrong = unusable_handles(row for row in rows if row["active"])
    unreached = schedules.unreachable(tx)
    longest = runtime.settings.wa_message_max_characters
    alerts = {
        "no_chats": texts.no_chats(closed, slot.at, longest) if closed else (),
        "handles": texts.unusable_handles(wrong, slot.at, longest) if wrong else (),
        "recaps": troubles.unreachable(unreached, slot.at, longest) if unreached else (),
    }
    told: list[Written] = []
    for name, parts in alerts.items():
        if parts:
            key = f"{name}:{slot.day}"
            told += tell_operators(runtime, tx, slot.at, "admin_alert", key, parts)
    return told


def _tell_undelivered(runtime: Runtime, tx: Transaction, slot: Slot) -> list[Written]:
    """The groups' messages that became dead letters, or ended uncertain, since the last slot
    closed."""
    rows = tx.run("reports.undelivered", slot=slot.at, now=runtime.now())
    if not rows:
        return []
    text = texts.undelivered(
        [Undelivered(**row) for row in rows], slot.at, runtime.settings.wa_message_max_characters
    )
    return tell_operators(runtime, tx, slot.at, "admin_alert", f"undelivered:{slot}", text)


def _tell_fallbacks(runtime: Runtime, tx: Transaction, slot: Slot) -> list[Written]:
    """The platforms whose first host is closed while a fallback works; once per day and reason."""
    rows: list[Written] = []
    for platform in PLATFORMS:
        kind = _fallback_works_for(runtime, platform)
        if kind is None:
            continue
        text = texts.fallback_in_use(platform, kind, slot.at)
        key = f"fallback:{platform}:{kind}:{slot.day}"
        rows += tell_operators(runtime, tx, slot.at, "admin_alert", key, text)
    return rows


def _fallback_works_for(runtime: Runtime, platform: Platform) -> str | None:
    """The error kind that keeps the platform's first host closed, if a second one is set and
    open."""
    first, *others = runtime.routes(platform)
    if all(map(runtime.guard.breaker.closed_by, others)):
        return None
    return runtime.guard.breaker.closed_by(first)
