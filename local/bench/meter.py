"""CPU per part of the stack, and memory per worker."""

from __future__ import annotations

import threading
from collections.abc import Collection
from contextlib import suppress
from statistics import mean

import psutil

from local.worker import Returned

WORKERS, RUNNER, OTHER = "workers", "runner", "other"
PARTS = {
    "local.sandbox.child": "sandbox API",
    "postgres": "PostgreSQL",
    "redis-server": "Redis",
    "valkey": "Redis",
    "fauxqs": "queue emulator",
    "moto": "queue emulator",
}
MEGABYTE = 1024 * 1024


def cpu_seconds(workers: Collection[int]) -> dict[str, float]:
    """What each part has used so far: this process, and every process that it started."""
    own = psutil.Process()
    used: dict[str, float] = {RUNNER: _cpu(own)}
    for child in own.children(recursive=True):
        with suppress(psutil.Error):
            part = WORKERS if child.pid in workers else part_of(" ".join(child.cmdline()))
            used[part] = used.get(part, 0.0) + _cpu(child)
    return used


def machine_seconds() -> tuple[float, float]:
    """(busy, all) seconds of all cores since the machine started."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    everything = float(sum(times[:8]))  # the later fields are included in the first
    return everything - idle, everything


def elsewhere_percent(before: tuple[float, float], after: tuple[float, float], own: float) -> float:
    """The share of the machine that other programs used, if `own` seconds were the run's."""
    busy, everything = after[0] - before[0], after[1] - before[1]
    return max(0.0, 100 * (busy - own) / everything) if everything else 0.0


def part_of(command: str) -> str:
    """The part that a command line belongs to."""
    return next((part for word, part in PARTS.items() if word in command), OTHER)


class WorkerMemory:
    """The peak memory of each worker after its first and last client; for a Runner's `listen`."""

    def __init__(self, handler: str) -> None:
        self._handler = handler
        self._lock = threading.Lock()
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}

    def __call__(self, handler: str, pid: int, answer: Returned) -> None:
        if handler == self._handler:
            with self._lock:
                self._first.setdefault(pid, answer.memory)
                self._last[pid] = answer.memory

    def megabytes(self) -> dict[str, float]:
        """The mean after the first and after the last client, and the greatest peak."""
        if not self._first:
            return {"first": 0.0, "last": 0.0, "peak": 0.0}
        return {
            "first": round(mean(self._first.values()) / MEGABYTE, 1),
            "last": round(mean(self._last.values()) / MEGABYTE, 1),
            "peak": round(max(self._last.values()) / MEGABYTE, 1),
        }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
