"""Opens a slot for many clients, and stops there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.bench.emulator import emulator
from local.bench.load import DAY, SLOT, Load
from local.bench.meter import MEGABYTE
from local.environment import own_environment
from local.invocation import schedule_event
from local.sandbox.scenario import Scenario, crowd_clients
from local.sandbox.world import World
from local.slot_run import SlotFailed
from local.stack import API_HOSTS, Stack
from local.worker import Worker

_NOWHERE = "http://127.0.0.1:9"  # no API is called


@dataclass(frozen=True)
class DispatchReport:
    """Seconds from the schedule's event until its handler returned, and what that took."""

    clients: int
    dispatched: int
    queue_emulator: str
    seconds: float
    sql_round_trips: int
    queue_seconds: float
    megabytes_before: float
    megabytes: float

    def as_dict(self) -> dict[str, Any]:
        """The fields of `--json`."""
        return asdict(self)


def run_dispatch_bench(load: Load, data: Path, say: Callable[[str], None]) -> DispatchReport:
    """Opens the slot for the load's clients, in one worker. Raises SlotFailed."""
    shutil.rmtree(data, ignore_errors=True)
    scenario = Scenario(DAY, crowd_clients(load.clients), World((), ()))
    apis = {**dict.fromkeys(API_HOSTS, _NOWHERE), "RAPIDAPI_KEY": "none"}
    with emulator(load.moto) as sqs:
        say(f"queues: {sqs.name}")
        given = own_environment() | sqs.settings | apis
        with Stack(data, scenario, given=given) as stack:
            worker = Worker(stack.environment)
            try:
                idle = worker.invoke(
                    "open_slot_half_hour", {}, SLOT.at
                )  # refused; it only warms the worker up
                started = time.monotonic()
                answer = worker.invoke("open_slot_half_hour", schedule_event(SLOT.at), SLOT.at)
                seconds = time.monotonic() - started
            finally:
                worker.stop()
    if answer.error:
        raise SlotFailed(answer.error)
    return DispatchReport(
        clients=answer.value["clients"],
        dispatched=answer.value["dispatched"],
        queue_emulator=sqs.name,
        seconds=round(seconds, 2),
        sql_round_trips=answer.sql_round_trips,
        queue_seconds=round(answer.queue_seconds, 2),
        megabytes_before=round(idle.memory / MEGABYTE, 1),
        megabytes=round(answer.memory / MEGABYTE, 1),
    )
