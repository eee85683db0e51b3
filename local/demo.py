"""`make demo`: one simulated police day in four slots, as its users and operators see it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from rich.panel import Panel

from chalicelib.slots import Slot, slots_of
from local.environment import own_environment
from local.runner import Runner
from local.running import AlreadyRunning, running
from local.sandbox.scenario import demo_day
from local.show import out, results, summary_progress
from local.slot_run import run_slot
from local.stack import Stack

DATA = Path(".local/demo")
SLOTS = ("16:30", "17:00", "20:58", "21:30")
_OPERATOR = "0812-0000-0001"

_OWN_SETTINGS = {"ADMIN_WHATSAPP": _OPERATOR}


def run_demo(day: date, workers: int) -> None:
    """Plays the four slots over its own embedded stack; nothing outside is used."""
    if live := running(DATA):
        raise AlreadyRunning(DATA, live.pid)
    shutil.rmtree(DATA, ignore_errors=True)
    out.print(Panel(f"One day of six police units: {day:%d-%m-%Y}, slots {', '.join(SLOTS)} WIB"))
    stack = Stack(
        DATA,
        demo_day(day),
        lambda part: out.print(f"  starting {part} …"),
        given=own_environment() | _OWN_SETTINGS,
    )
    with stack, Runner(stack.environment, workers) as runner:
        for slot in _chosen(day):
            _play(stack, runner, slot)
    _farewell()


def _chosen(day: date) -> list[Slot]:
    return [slot for slot in slots_of(day) if f"{slot.at:%H:%M}" in SLOTS]


def _play(stack: Stack, runner: Runner, slot: Slot) -> None:
    out.rule(f"[bold]{slot.at:%H:%M} WIB")
    with summary_progress(f"{slot.at:%H:%M}") as progress:
        result = run_slot(
            stack, runner, slot, lambda line: out.out(line, highlight=False), progress
        )
    results(stack.database(), slot, result)


def _farewell() -> None:
    out.rule()
    out.print(
        f"The day is kept in {DATA}/postgres (tables: docs/database.md). Look into it with\n\n"
        "  .venv/bin/python -m local psql 'TABLE slot_run'\n"
        "  .venv/bin/python -m local psql\n\n"
        "README.md explains the flow and the settings; `make test` runs the tests."
    )
