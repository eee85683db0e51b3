"""The stack on the real clock: what `make dev` runs."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import click

from chalicelib.slots import FINAL, WIB, Slot
from local.host_process import HostProcess
from local.runner import Runner
from local.stack import Stack
from local.window import LocalWindow

log = logging.getLogger(__name__)

_STOP_SECONDS = 60
_WATCHED = ("app.py", "chalicelib", "wa_session_host", "local")


def work(stack: Stack, workers: int, data: Path, *, schedules: bool, host: bool = True) -> None:
    """Works the queues until interrupted. With `schedules`, slots open and the sweep runs every
    minute; with `host`, messages are shown, and the operators' window is served."""
    window = LocalWindow.of(stack.environment, data) if host else None
    shown = (
        HostProcess(stack.environment | window.settings, None, click.echo)
        if window
        else nullcontext()
    )
    with shown, Runner(stack.environment, workers) as runner:
        if window and window.wait():
            click.echo(f"The operators' window:\n{window.login()}")
        click.echo("Running on the real clock; Ctrl-C stops.")
        try:
            while True:
                minute = _next_minute(runner)
                if schedules:
                    _tick(runner, minute)
        except KeyboardInterrupt:
            click.echo("Stopping.")


def work_reloading() -> None:
    """Runs `up` in a child process that is restarted when a file of the service changes."""
    from watchfiles import PythonFilter, run_process

    paths = [Path(name) for name in _WATCHED]
    run_process(
        *paths,
        target="python -m local up",
        target_type="command",
        watch_filter=PythonFilter(extra_extensions=(".sql",)),
        sigint_timeout=_STOP_SECONDS,
    )


def _tick(runner: Runner, minute: datetime) -> None:
    slot = Slot.latest(minute)
    if slot is not None and slot.at == minute:
        name = "open_slot_final" if minute.minute in FINAL.minutes else "open_slot_half_hour"
        click.echo(f"slot {slot}: {runner.fire(name, minute).value}")
    runner.fire("sweep", minute)


def _next_minute(runner: Runner) -> datetime:
    """Waits until the next whole minute and returns it."""
    now = datetime.now(WIB)
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    runner.rest((minute - now).total_seconds())
    return minute
