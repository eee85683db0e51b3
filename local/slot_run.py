"""One whole slot, all stages, from the schedule's event to the last message sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from chalicelib.db import Database, Row
from chalicelib.errors import BadInput, CiceroError, ConfigurationError, DatabaseUnavailable
from chalicelib.slots import FINAL, Slot
from local.host_process import HostProcess
from local.runner import Runner
from local.worker import Returned

if TYPE_CHECKING:
    from local.stack import Stack

_LOOK_SECONDS = 0.2
STALL_SECONDS = 90


class SlotFailed(CiceroError):
    """The slot did not finish; the text says how far it got."""

    kind = "slot"


class SlotRefused(SlotFailed):
    """A handler rejected its input, or the settings."""


_REFUSALS = {BadInput.__name__, ConfigurationError.__name__, DatabaseUnavailable.__name__}


@dataclass(frozen=True)
class SlotResult:
    """What `python -m local slot --json` prints, last, in one line."""

    slot: str
    clients: int
    done: int
    failed: int
    seconds: float
    api_requests: int
    sql_round_trips: int
    messages_queued: int
    messages_sent: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Progress = Callable[[Row], None]


def run_slot(
    stack: Stack,
    runner: Runner,
    slot: Slot,
    show: Callable[[str], None],
    progress: Progress = lambda summary: None,
) -> SlotResult:
    """Runs the slot over the stack; the service's now is the slot. Raises SlotFailed."""
    if stack.sandbox is not None:
        stack.sandbox.set_now(slot.at)
    runner.now = slot.at
    runner.take_totals()
    started = time.monotonic()
    with HostProcess(stack.environment, slot.at, show, stack.host_command):
        handler = "open_slot_final" if slot.at.minute in FINAL.minutes else "open_slot_half_hour"
        _raise_error(runner.fire(handler, slot.at))
        summary = _wait(stack.database(), runner, slot, progress)
    totals = runner.take_totals()
    return SlotResult(
        slot=str(slot),
        clients=summary["clients"],
        done=summary["done"],
        failed=summary["failed"],
        seconds=round(time.monotonic() - started, 3),
        api_requests=totals.api_requests,
        sql_round_trips=totals.sql_round_trips,
        messages_queued=summary["messages_queued"],
        messages_sent=summary["messages_sent"],
    )


def play_slot(
    stack: Stack,
    slot: Slot,
    workers: int,
    show: Callable[[str], None],
    progress: Progress = lambda summary: None,
    twice: bool = False,
) -> SlotResult:
    """Runs a whole slot with its own workers; over a joined stack, with that stack's."""
    if stack.joined is None:
        with Runner(stack.environment, workers, twice=twice) as runner:
            return run_slot(stack, runner, slot, show, progress)
    started = time.monotonic()
    _invoke_joined(stack, "run_slot", {"slot": str(slot)})
    summary = _wait(stack.database(), None, slot, progress)
    seconds = round(time.monotonic() - started, 3)
    names = [one.name for one in fields(SlotResult) if one.name not in ("slot", "seconds")]
    return SlotResult(slot=str(slot), seconds=seconds, **{name: summary[name] for name in names})


def play_client(stack: Stack, client_id: str, slot: Slot, show: Callable[[str], None]) -> list[Row]:
    """Runs one client by hand, to the end; returns the client's result row. A joined stack does
    it with its own workers, on its own clock."""
    event = {"client_id": client_id, "slot": str(slot)}
    if stack.joined is not None:
        client = _invoke_joined(stack, "run_client", event)["client"]
        return _client_results(stack, None, slot, client)
    if stack.sandbox is not None:
        stack.sandbox.set_now(slot.at)
    with Runner(stack.environment, workers=2) as runner:
        runner.now = slot.at
        with HostProcess(stack.environment, slot.at, show, stack.host_command):
            answer = runner.invoke("run_client", event)
            _raise_error(answer)
            return _client_results(stack, runner, slot, answer.value["client"])


def _invoke_joined(stack: Stack, handler: str, event: Mapping[str, str]) -> dict[str, Any]:
    """Runs a handler for people in this process; the joined stack does the rest."""
    from chalicelib import handlers, runtime

    runtime.use(stack.runtime())
    answer: dict[str, Any] = getattr(handlers, handler)(event)
    return answer


def _client_results(stack: Stack, runner: Runner | None, slot: Slot, client: str) -> list[Row]:
    database = stack.database()
    _wait(database, runner, slot, lambda summary: None)
    with database.transaction() as tx:
        rows = tx.run("slots.client_results", slot=slot.at)
    database.close()
    return [row for row in rows if row["client_id"] == client]


def _raise_error(answer: Returned) -> None:
    if answer.error is not None:
        raise (SlotRefused if answer.kind in _REFUSALS else SlotFailed)(answer.error)


def _wait(database: Database, runner: Runner | None, slot: Slot, progress: Progress) -> Row:
    """Waits until every client has finished, the slot is closed and no message waits."""
    idle, rest = (runner.idle, runner.rest) if runner else (lambda: True, time.sleep)
    seen: Row = {}
    moved = time.monotonic()
    while True:
        state, summary = _look(database, slot)
        progress(summary)
        if summary != seen or not idle():
            seen, moved = summary, time.monotonic()
        if _ended(state, summary) and idle():
            database.close()
            return summary
        if time.monotonic() - moved > STALL_SECONDS:
            raise SlotFailed(_standing(database, slot, summary))
        rest(_LOOK_SECONDS)


def _look(database: Database, slot: Slot) -> tuple[Row, Row]:
    try:
        with database.transaction() as tx:
            state = tx.first("slots.get", slot=slot.at) or {"status": "closed"}
            return state, tx.run("slots.summary", slot=slot.at)[0]
    except CiceroError:
        return {"status": "unknown"}, {"unfinished": 1, "messages_waiting": 0}


def _ended(state: Row, summary: Row) -> bool:
    waiting = summary["unfinished"] or summary["messages_waiting"]
    return state["status"] in ("closed", "skipped", "missed") and not waiting


def _standing(database: Database, slot: Slot, summary: Row) -> str:
    with database.transaction() as tx:
        rows = tx.run("slots.unfinished_clients", slot=slot.at)
    names = ", ".join(row["client_id"] for row in rows) or "none"
    return (
        f"Slot {slot}: nothing moved for {STALL_SECONDS} s. Clients not finished: {names}; "
        f"messages waiting: {summary['messages_waiting']}."
    )
