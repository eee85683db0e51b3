"""One slot of a crowd, measured from the schedule's event to the last client's end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.db import Database, Row
from chalicelib.slots import day_bounds
from local.bench.emulator import emulator
from local.bench.load import DAY, SLOT, Load
from local.bench.meter import WorkerMemory, cpu_seconds, machine_seconds
from local.bench.parts import Jobs, Messages, parts_of, sending
from local.bench.slot_report import Measured, Reading, SlotFigures, slot_report
from local.bench.walk import Baseline, one_by_one
from local.environment import own_environment
from local.profiler import VARIABLE
from local.runner import Runner
from local.sandbox import Sandbox
from local.slot_run import STALL_SECONDS, Progress, SlotFailed
from local.stack import API_HOSTS, Stack
from local.worker import Returned

SMALL = 50
"""Up to so many clients, the slot's messages are sent and timed too."""

_LOOK_SECONDS = 0.05
_SUMMARY_EVERY = 20
_VISIBILITY = 120


def run_slot_bench(
    load: Load,
    data: Path,
    say: Callable[[str], None],
    progress: Progress,
    samples: Path | None = None,
) -> SlotFigures:
    """Runs the load over its own stack in `data`, which is emptied first. Workers write their
    profiles to `samples`, if given. Raises SlotFailed."""
    shutil.rmtree(data, ignore_errors=True)
    scenario = load.scenario()
    with emulator(load.moto) as sqs, Sandbox(scenario, latency_seconds=load.latency) as sandbox:
        say(f"queues: {sqs.name}")
        apis = {**dict.fromkeys(API_HOSTS, sandbox.url), "RAPIDAPI_KEY": "sandbox"}
        profiled = {VARIABLE: str(samples)} if samples else {}
        given = own_environment() | load.settings | sqs.settings | apis | profiled
        with (
            Stack(data, scenario, visibility=_VISIBILITY, given=given) as stack,
            _beside(stack, load, data) as sent,
        ):
            measured = _measure(stack, sandbox, load, sent, say, progress)
    return slot_report(load, sqs.name, measured)


@contextmanager
def _beside(stack: Stack, load: Load, data: Path) -> Iterator[Messages | None]:
    """What sends the messages of a small slot, from before its event; None for a larger one."""
    if load.clients > SMALL:
        yield None
        return
    with sending(stack, data / "journal") as sent:
        yield sent


def _measure(
    stack: Stack,
    sandbox: Sandbox,
    load: Load,
    sent: Messages | None,
    say: Callable[[str], None],
    progress: Progress,
) -> Measured:
    sandbox.set_now(SLOT.at)
    say("one call at a time, on some clients")
    baseline = _baseline(sandbox, load)
    memory, jobs = WorkerMemory("refresh_engagement"), Jobs()

    def listen(handler: str, pid: int, answer: Returned) -> None:
        memory(handler, pid, answer)
        jobs.ends(handler, pid, answer)

    say(f"starting {load.workers} workers")
    with Runner(
        stack.environment, load.workers, _VISIBILITY, observe=jobs.begins, listen=listen
    ) as runner:
        runner.now = SLOT.at
        _warm(runner)
        before, started = _read(sandbox, runner), time.monotonic()
        opened = runner.fire("open_slot_half_hour", SLOT.at)
        dispatched = time.monotonic()
        if opened.error:
            raise SlotFailed(opened.error)
        seconds, summary = _until_closed(stack.database(), started, progress)
        after = _read(sandbox, runner)
        while not runner.idle():
            time.sleep(_LOOK_SECONDS)
        last_message = _until_sent(stack.database(), sent) if sent else None
        totals = runner.take_totals()
    return Measured(
        seconds,
        dispatched - started,
        opened.sql_round_trips,
        summary,
        baseline,
        before,
        after,
        totals,
        memory,
        parts_of(jobs.runs, dispatched),
        last_message and last_message - started,
    )


def _read(sandbox: Sandbox, runner: Runner) -> Reading:
    stats = sandbox.stats()
    return Reading(
        calls={product: len(times) for product, times in stats["times"].items()},
        sent_bytes=stats["bytes"],
        cpu=cpu_seconds({worker.pid for worker in runner.all_workers}),
        machine=machine_seconds(),
        queue_seconds=runner.queue_clock.seconds,
    )


def _warm(runner: Runner) -> None:
    """Has every worker load and connect what it needs, by a run of an unknown client."""
    for worker in runner.all_workers:
        worker.invoke("run_client", {"client_id": "warm"}, SLOT.at)


def _baseline(sandbox: Sandbox, load: Load) -> Baseline:
    count = min(load.one_by_one or load.clients, load.clients)
    accounts = [f"satker{number:04d}" for number in range(1, count + 1)]
    return one_by_one(sandbox.url, accounts, day_bounds(DAY)[0])


def _until_closed(database: Database, started: float, progress: Progress) -> tuple[float, Row]:
    """Seconds from `started` until the slot was closed, and its summary."""
    looks, moved, unfinished = 0, time.monotonic(), None
    try:
        while True:
            with database.transaction() as tx:
                state = tx.first("slots.get", slot=SLOT.at)
                closed = time.monotonic()
                if (state and state["status"] == "closed") or looks % _SUMMARY_EVERY == 0:
                    summary = tx.run("slots.summary", slot=SLOT.at)[0]
                    progress(summary)
            if state and state["status"] == "closed":
                return closed - started, summary
            if summary["unfinished"] != unfinished:
                unfinished, moved = summary["unfinished"], closed
            if closed - moved > STALL_SECONDS:
                raise SlotFailed(f"{unfinished} clients do not finish")
            looks += 1
            time.sleep(_LOOK_SECONDS)
    finally:
        database.close()


def _until_sent(database: Database, sent: Messages) -> float | None:
    """When the last of the slot's messages had gone out; None if there were none."""
    until = time.monotonic() + STALL_SECONDS
    try:
        while time.monotonic() < until:
            with database.transaction() as tx:
                summary = tx.run("slots.summary", slot=SLOT.at)[0]
            if not summary["messages_waiting"] and sent.tries >= summary["messages_sent"]:
                return sent.last
            time.sleep(_LOOK_SECONDS)
        raise SlotFailed(f"{summary['messages_waiting']} messages do not go out")
    finally:
        database.close()
