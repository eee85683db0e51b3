"""What needs a person now, each with what it is about and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.db import Transaction
from chalicelib.overview.client_lines import ClientLine
from chalicelib.overview.rows import NEWEST
from chalicelib.overview.slots import SlotView
from chalicelib.platforms import PLATFORMS, Platform
from chalicelib.recap.schedules import unreachable
from chalicelib.runtime import Runtime
from chalicelib.slots import day_bounds
from chalicelib.social.breaker import Closure

Kind = Literal[
    "slot_unrecorded", "slot_missed", "slot_failed", "api_closed", "api_errors",
    "messages_waiting", "dead_letter", "uncertain", "held", "handle", "no_group", "group_entry",
    "recaps", "account", "never_fetched", "behind", "coverage",
]  # fmt: skip
"""In the order in which people should look at them. `api_errors`: the last run met errors that
close an API, whatever Redis knows; `account`: the last run was refused the client's account, or did
not find it; `recaps`: scheduled ones do not reach everybody that they should; `behind`: a client's
data is older than the last slot's; `messages_waiting`: due for long, so that no account seems to
send."""

Action = Literal["look", "send_again", "drop", "run_client", "run_slot", "fix_client", "wait"]

ACTIONS: dict[Kind, tuple[Action, ...]] = {
    "slot_unrecorded": ("run_slot",),
    "slot_missed": ("run_slot",),
    "slot_failed": ("run_slot", "look"),
    "api_closed": ("wait",),
    "api_errors": ("look",),
    "messages_waiting": ("look",),
    "dead_letter": ("send_again", "drop"),
    "uncertain": ("send_again", "drop"),
    "held": ("look",),
    "handle": ("fix_client",),
    "no_group": ("fix_client",),
    "group_entry": ("fix_client",),
    "recaps": ("fix_client",),
    "account": ("look", "fix_client"),
    "never_fetched": ("run_client", "look"),
    "behind": ("run_client", "look"),
    "coverage": ("run_client", "look"),
}
"""What can be done about each kind, the likeliest first."""

MOST = 20
"""How many cases of a kind are listed; `total` counts them all."""

WAITING = timedelta(minutes=15)
"""How long a message may be due before that needs a person."""

_CLOSING = {"quota", "budget", "api_configuration"}
_OF_ACCOUNTS = {"account_refused", "not_found", "business"}


@dataclass(frozen=True)
class Case:
    """One thing of a kind. Whatever it is about is set, the rest is None. `detail`: an error kind,
    a path, a handle's problem or how a list ended; `since`, `until`: when it began and ends, if
    that is known."""

    client_id: str | None = None
    platform: Platform | None = None
    content_id: str | None = None
    outbox_id: int | None = None
    slot: datetime | None = None
    detail: str | None = None
    share: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Concern:
    """All cases of a kind: how many there are, and the first MOST of them."""

    kind: Kind
    total: int
    cases: Sequence[Case]

    @property
    def actions(self) -> Sequence[Action]:
        return ACTIONS[self.kind]


@dataclass(frozen=True)
class Concerns:
    """Everything that needs a person, as known at `read_at`. `routes_known`: whether Redis could
    say which API routes are closed; if not, none being listed says nothing about them."""

    read_at: datetime
    concerns: Sequence[Concern]
    routes_known: bool


def concerns_of(
    runtime: Runtime, tx: Transaction, slots: Sequence[SlotView], lines: Sequence[ClientLine]
) -> Concerns:
    """What needs a person now, given today's slots and clients as they were read."""
    now = runtime.now()
    found = [*_of_slots(slots), *_of_clients([line for line in lines if line.active])]
    found += [_of_recaps(tx), *_of_messages(tx, now), *_of_posts(tx, now)]
    closed = closed_routes(runtime)
    if closed is not None:
        found.append(_concern("api_closed", closed))
    order = list(ACTIONS)
    present = sorted((one for one in found if one.total), key=lambda one: order.index(one.kind))
    return Concerns(now, present, closed is not None)


def closed_routes(runtime: Runtime) -> list[Case] | None:
    """The API routes, or paths of them, that are closed; None if Redis cannot say."""
    cases: list[Case] = []
    for platform in PLATFORMS:
        for route in runtime.routes(platform):
            closures = runtime.guard.breaker.closures(route)
            if closures is None:
                return None
            cases += [_closed(platform, closure) for closure in closures]
    return cases


def _closed(platform: Platform, closure: Closure) -> Case:
    detail = f"{closure.kind} {closure.path}".strip()
    return Case(platform=platform, detail=detail, until=closure.until)


def _concern(kind: Kind, cases: Sequence[Case], total: int | None = None) -> Concern:
    return Concern(kind, len(cases) if total is None else total, cases[:MOST])


def _of_slots(slots: Iterable[SlotView]) -> list[Concern]:
    kinds: dict[str, Kind] = {
        "unrecorded": "slot_unrecorded",
        "missed": "slot_missed",
        "failed": "slot_failed",
    }
    cases = [(slot.state, Case(slot=slot.slot, detail=slot.reason)) for slot in slots]
    return [
        _concern(kind, [case for of, case in cases if of == state]) for state, kind in kinds.items()
    ]


def _of_clients(lines: Sequence[ClientLine]) -> list[Concern]:
    rules: dict[Kind, Callable[[ClientLine], Iterable[Case]]] = {
        "handle": _handles,
        "no_group": lambda line: [] if line.groups else [Case(client_id=line.client_id)],
        "group_entry": _group_entries,
        "never_fetched": _never,
        "behind": _behind,
        "api_errors": lambda line: _errors(line, _CLOSING),
        "account": lambda line: _errors(line, _OF_ACCOUNTS),
    }
    return [
        _concern(kind, [case for line in lines for case in rule(line)])
        for kind, rule in rules.items()
    ]


def _handles(line: ClientLine) -> Iterable[Case]:
    problems = (line.problems or {}).items()
    return [Case(client_id=line.client_id, platform=p, detail=problem) for p, problem in problems]


def _group_entries(line: ClientLine) -> Iterable[Case]:
    refused = line.groups_refused if line.groups else 0
    return [Case(client_id=line.client_id, detail=str(refused))] if refused else []


def _never(line: ClientLine) -> Iterable[Case]:
    return [
        Case(client_id=line.client_id, platform=feed.platform, since=line.succeeded_at)
        for feed in line.feeds
        if feed.slot is None
    ]


def _behind(line: ClientLine) -> Iterable[Case]:
    return [
        Case(line.client_id, feed.platform, since=feed.slot, detail=feed.error_kind)
        for feed in line.feeds
        if feed.slot and feed.slot < feed.due
    ]


def _errors(line: ClientLine, kinds: set[str]) -> Iterable[Case]:
    return [
        Case(line.client_id, feed.platform, detail=feed.error_kind, since=line.ended_at)
        for feed in line.feeds
        if feed.error_kind in kinds
    ]


def _of_recaps(tx: Transaction) -> Concern:
    cases = [
        Case(client_id=client_id, detail=trouble)
        for client_id, troubles in unreachable(tx).items()
        for trouble in troubles
    ]
    return _concern("recaps", cases)


def _of_messages(tx: Transaction, now: datetime) -> list[Concern]:
    found: list[Concern] = []
    waiting = {row["status"]: row for row in tx.run("overview_messages.waiting")}
    late = [row for status, row in waiting.items() if status in ("pending", "retrying")]
    due = min((row["due"] for row in late if row["due"]), default=None)
    if due and now - due >= WAITING:
        total = sum(row["messages"] for row in late)
        found.append(_concern("messages_waiting", [Case(since=due)], total))
    kinds: tuple[Literal["dead_letter", "uncertain"], ...] = ("dead_letter", "uncertain")
    for kind in kinds:
        if kind in waiting:
            rows = tx.run("overview_messages.of_status", status=kind, before=NEWEST, most=MOST)
            cases = [
                Case(
                    client_id=row["client_id"], outbox_id=row["outbox_id"], since=row["created_at"]
                )
                for row in rows
            ]
            found.append(_concern(kind, cases, waiting[kind]["messages"]))
    return found


def _of_posts(tx: Transaction, now: datetime) -> list[Concern]:
    start, end = day_bounds(now.date())
    held = [
        Case(
            client_id=row["client_id"],
            platform=row["platform"],
            content_id=row["content_id"],
            since=row["missing_since"],
        )
        for row in tx.run("overview_posts.held", since=start, until=end)
        if row["missing_since"]
    ]
    rows = tx.run("overview_posts.uncovered", day_start=start, day_end=end, most=MOST)
    uncovered = [
        Case(
            client_id=row["client_id"],
            platform=row["platform"],
            content_id=row["content_id"],
            slot=row["slot"],
            share=row["share"],
            detail=row["ended"],
        )
        for row in rows
    ]
    total = rows[0]["total"] if rows else 0
    return [_concern("held", held), _concern("coverage", uncovered, total)]
