"""`make demo`: one simulated police day in four slots, as its users and operators see it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.panel import Panel

from chalicelib.slots import WIB, Slot, slots_of
from local.environment import own_environment
from local.host_process import HostProcess
from local.runner import Runner
from local.running import AlreadyRunning, running
from local.sandbox.scenario import demo_day
from local.show import out, results, summary_progress
from local.slot_run import run_slot
from local.stack import Stack
from local.window import LocalWindow

DATA = Path(".local/demo")
SLOTS = ("16:30", "17:00", "20:58", "21:30")
_OPERATOR = "0812-0000-0001"

_AFTERWARDS = timedelta(minutes=6)
_TOUR = """What to look at:
  Hari ini    the four slots that were played among the day's 34, and what needs a person:
              ANGGREK's Instagram account does not exist, MELATI has no TikTok
  Satker      each unit's data and how old it is; CONTOH lost a post at 20:58
  Pesan       what the groups were told
  Catatan     who pressed which button

Ctrl-C ends it."""

_OWN_SETTINGS = {"ADMIN_WHATSAPP": _OPERATOR}


def run_demo(day: date, workers: int, stay: bool) -> None:
    """Plays the four slots over its own embedded stack; nothing outside is used. With `stay` the
    operators' window then shows the day until somebody stops it."""
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
        if stay:
            _show_window(stack, runner)
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


def _show_window(stack: Stack, runner: Runner) -> None:
    """The window a few minutes after the last slot, with workers for what is pressed in it."""
    window = LocalWindow.of(stack.environment, DATA)
    last = runner.now or datetime.now(WIB)
    runner.now = last + _AFTERWARDS
    if stack.sandbox is not None:
        stack.sandbox.set_now(runner.now)
    with HostProcess(stack.environment | window.settings, runner.now, out.out):
        if not window.wait():
            out.print(f"[bold red]The operators' window does not answer at {window.address}.[/]")
            return
        out.rule("[bold]the operators' window")
        out.print(f"It shows this day at {runner.now:%H:%M} WIB:\n\n{window.login()}\n\n{_TOUR}")
        with suppress(KeyboardInterrupt):
            while True:
                runner.rest(1)


def _farewell() -> None:
    out.rule()
    out.print(
        f"The day is kept in {DATA}/postgres (tables: docs/database.md). Look into it with\n\n"
        "  .venv/bin/python -m local psql 'TABLE slot_run'\n"
        "  .venv/bin/python -m local psql\n\n"
        "README.md explains the flow and the settings; `make test` runs the tests."
    )
