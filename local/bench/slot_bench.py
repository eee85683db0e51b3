"""One slot of a crowd, measured from the schedule's event to the last client's end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chalicelib.db import Database, Row
from chalicelib.slots import day_bounds
from local.bench.emulator import emulator
from local.bench.floor import Floor, floor_of, ratio
from local.bench.load import DAY, SLOT, Load
from local.bench.meter import WorkerMemory, cpu_seconds, elsewhere_percent, machine_seconds
from local.bench.walk import Baseline, one_by_one
from local.runner import Runner, Totals
from local.sampler import VARIABLE
from local.sandbox import Sandbox
from local.slot_run import STALL_SECONDS, Progress, SlotFailed
from local.stack import Stack

_LOOK_SECONDS = 0.1
_SUMMARY_EVERY = 10
_VISIBILITY = 120


@dataclass(frozen=True)
class SlotReport:
    """What a run came to. Seconds, bytes, megabytes; `one_by_one_seconds` is scaled to all clients
    from the `one_by_one_clients` it was measured on."""

    clients: int
    done: int
    failed: int
    workers: int
    latency_ms: float
    rate: int
    queue_emulator: str
    seconds: float
    dispatch_seconds: float
    floor_seconds: float
    floor_rule: str
    over_floor: float
    one_by_one_clients: int
    one_by_one_calls: int
    one_by_one_seconds: float
    ratio: float
    api_calls: int
    api_calls_recorded: int
    api_bytes: int
    sql_round_trips: int
    sql_of_dispatch: int
    sql_per_client: float
    cpu_seconds: dict[str, float]
    elsewhere_percent: float
    worker_megabytes: dict[str, float]
    queue_seconds_workers: float
    queue_seconds_runner: float

    def as_dict(self) -> dict[str, Any]:
        """The fields of `--json`."""
        return asdict(self)


def run_slot_bench(
    load: Load,
    data: Path,
    say: Callable[[str], None],
    progress: Progress,
    samples: Path | None = None,
) -> SlotReport:
    """Runs the load over a stack of its own in `data`, which is emptied first. Workers write
    samples of what they do to `samples`, where it is given. Raises SlotFailed."""
    shutil.rmtree(data, ignore_errors=True)
    with emulator(load.moto) as sqs:
        say(f"queues: {sqs.name}")
        settings = load.settings | sqs.settings
        if samples:
            settings[VARIABLE] = str(samples)
        stack = Stack(
            data,
            load.scenario(),
            visibility=_VISIBILITY,
            latency=load.latency,
            own=True,
            settings=settings,
        )
        with stack:
            measured = _measure(stack, load, say, progress)
    return _report(load, sqs.name, measured)


@dataclass(frozen=True)
class _Measured:
    seconds: float
    dispatch_seconds: float
    dispatch_sql: int
    summary: Row
    baseline: Baseline
    calls: dict[str, int]
    sent_bytes: int
    totals: Totals
    cpu: dict[str, float]
    elsewhere: float
    memory: WorkerMemory
    queue_seconds: float


def _measure(stack: Stack, load: Load, say: Callable[[str], None], progress: Progress) -> _Measured:
    sandbox = stack.sandbox
    assert sandbox is not None  # noqa: S101 - the stack starts every part of its own
    sandbox.set_now(SLOT.at)
    say("one call at a time, on some clients")
    baseline = _baseline(sandbox, load)
    memory = WorkerMemory("refresh_engagement")
    say(f"starting {load.workers} workers")
    with Runner(stack.environment, load.workers, _VISIBILITY, listen=memory) as runner:
        runner.now = SLOT.at
        _warm(runner)
        pids = {worker.pid for worker in runner.all_workers}
        before, cpu, waited = sandbox.stats(), cpu_seconds(pids), runner.queue_clock.seconds
        machine, started = machine_seconds(), time.monotonic()
        opened = runner.fire("open_slot_half_hour", SLOT.at)
        dispatched = time.monotonic()
        if opened.error:
            raise SlotFailed(opened.error)
        seconds, summary = _until_closed(stack.database(), started, progress)
        used, busy, after = cpu_seconds(pids, cpu), machine_seconds(), sandbox.stats()
        while not runner.idle():
            time.sleep(_LOOK_SECONDS)
        return _Measured(
            seconds=seconds,
            dispatch_seconds=dispatched - started,
            dispatch_sql=opened.sql_round_trips,
            summary=summary,
            baseline=baseline,
            calls={
                product: len(times) - len(before["times"][product])
                for product, times in after["times"].items()
            },
            sent_bytes=after["bytes"] - before["bytes"],
            totals=runner.take_totals(),
            cpu=used,
            elsewhere=elsewhere_percent(machine, busy, sum(used.values())),
            memory=memory,
            queue_seconds=runner.queue_clock.seconds - waited,
        )


def _warm(runner: Runner) -> None:
    """Lets every worker load and connect what it needs: a run of no client, which is refused."""
    for worker in runner.all_workers:
        worker.invoke("run_client", {"client_id": "warm"}, SLOT.at)


def _baseline(sandbox: Sandbox, load: Load) -> Baseline:
    count = min(load.one_by_one or load.clients, load.clients)
    accounts = [f"satker{number:04d}" for number in range(1, count + 1)]
    return one_by_one(sandbox.url, accounts, day_bounds(DAY)[0])


def _until_closed(database: Database, started: float, progress: Progress) -> tuple[float, Row]:
    """Seconds from `started` until the slot was closed, and what it came to."""
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


def _report(load: Load, queue_emulator: str, measured: _Measured) -> SlotReport:
    floor: Floor = floor_of(measured.calls, load.rate, measured.baseline.chain, load.latency)
    alone = measured.baseline.seconds_for(load.clients)
    sql = measured.totals.sql_round_trips
    return SlotReport(
        clients=measured.summary["clients"],
        done=measured.summary["done"],
        failed=measured.summary["failed"],
        workers=load.workers,
        latency_ms=load.latency_ms,
        rate=load.rate,
        queue_emulator=queue_emulator,
        seconds=round(measured.seconds, 2),
        dispatch_seconds=round(measured.dispatch_seconds, 2),
        floor_seconds=round(floor.seconds, 2),
        floor_rule=floor.rule,
        over_floor=round(floor.times(measured.seconds), 2),
        one_by_one_clients=measured.baseline.clients,
        one_by_one_calls=measured.baseline.calls,
        one_by_one_seconds=round(alone, 1),
        ratio=round(ratio(alone, measured.seconds), 1),
        api_calls=sum(measured.calls.values()),
        api_calls_recorded=measured.summary["api_requests"],
        api_bytes=measured.sent_bytes,
        sql_round_trips=sql,
        sql_of_dispatch=measured.dispatch_sql,
        sql_per_client=round((sql - measured.dispatch_sql) / load.clients, 1),
        cpu_seconds={part: round(used, 2) for part, used in _most_first(measured.cpu)},
        elsewhere_percent=round(measured.elsewhere, 1),
        worker_megabytes=measured.memory.megabytes(),
        queue_seconds_workers=round(measured.totals.queue_seconds, 2),
        queue_seconds_runner=round(measured.queue_seconds, 2),
    )


def _most_first(used: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(used.items(), key=lambda pair: -pair[1])
