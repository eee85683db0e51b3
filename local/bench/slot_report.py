"""The results of one slot's run, from readings before it and at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from chalicelib.db import Row
from local.bench.floor import floor_of, ratio
from local.bench.load import Load
from local.bench.meter import WorkerMemory, elsewhere_percent
from local.bench.walk import Baseline
from local.runner import Totals

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class SlotFigures:
    """A run's results, in seconds, bytes and megabytes. `one_by_one_seconds` is scaled to all
    clients from the `one_by_one_clients` on which it was measured, and so is `one_by_one_cpu`, the
    CPU of plain requests for the same calls. `parts` are a mean client's (`parts_of`);
    `message_seconds`: from the event to the last message, if messages were sent."""

    clients: int
    done: int
    failed: int
    workers: int
    latency_ms: float
    rate: int
    queue_emulator: str
    seconds: float
    dispatch_seconds: float
    parts: dict[str, float]
    message_seconds: float | None
    floor_seconds: float
    floor_rule: str
    over_floor: float
    one_by_one_clients: int
    one_by_one_calls: int
    one_by_one_seconds: float
    one_by_one_cpu: float
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


@dataclass(frozen=True)
class Reading:
    """The counters of a running stack at one moment."""

    calls: dict[str, int]
    sent_bytes: int
    cpu: dict[str, float]
    machine: tuple[float, float]
    queue_seconds: float


@dataclass(frozen=True)
class Measured:
    """A run, and the readings before it and at its end."""

    seconds: float
    dispatch_seconds: float
    dispatch_sql: int
    summary: Row
    baseline: Baseline
    before: Reading
    after: Reading
    totals: Totals
    memory: WorkerMemory
    parts: dict[str, float]
    message_seconds: float | None


def slot_report(load: Load, queue_emulator: str, run: Measured) -> SlotFigures:
    """The report of what was measured under this load."""
    before, after, baseline = run.before, run.after, run.baseline
    calls = _difference(before.calls, after.calls)
    cpu = _difference(before.cpu, after.cpu)
    floor = floor_of(calls, load.rate, baseline.chain, load.latency)
    alone, sql = baseline.seconds_for(load.clients), run.totals.sql_round_trips
    elsewhere = elsewhere_percent(before.machine, after.machine, sum(cpu.values()))
    return SlotFigures(
        clients=run.summary["clients"],
        done=run.summary["done"],
        failed=run.summary["failed"],
        workers=load.workers,
        latency_ms=load.latency_ms,
        rate=load.rate,
        queue_emulator=queue_emulator,
        seconds=round(run.seconds, 2),
        dispatch_seconds=round(run.dispatch_seconds, 2),
        parts=run.parts,
        message_seconds=run.message_seconds and round(run.message_seconds, 2),
        floor_seconds=round(floor.seconds, 2),
        floor_rule=floor.rule,
        over_floor=round(floor.times(run.seconds), 2),
        one_by_one_clients=baseline.clients,
        one_by_one_calls=baseline.calls,
        one_by_one_seconds=round(alone, 1),
        one_by_one_cpu=round(baseline.cpu * load.clients / baseline.clients, 2),
        ratio=round(ratio(alone, run.seconds), 1),
        api_calls=sum(calls.values()),
        api_calls_recorded=run.summary["api_requests"],
        api_bytes=after.sent_bytes - before.sent_bytes,
        sql_round_trips=sql,
        sql_of_dispatch=run.dispatch_sql,
        sql_per_client=round((sql - run.dispatch_sql) / load.clients, 1),
        cpu_seconds={p: round(s, 2) for p, s in sorted(cpu.items(), key=lambda pair: -pair[1])},
        elsewhere_percent=round(elsewhere, 1),
        worker_megabytes=run.memory.megabytes(),
        queue_seconds_workers=round(run.totals.queue_seconds, 2),
        queue_seconds_runner=round(after.queue_seconds - before.queue_seconds, 2),
    )


def _difference(before: Mapping[str, Number], after: Mapping[str, Number]) -> dict[str, Number]:
    """How much each part has grown."""
    return {part: now - before[part] if part in before else now for part, now in after.items()}
