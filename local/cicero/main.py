"""`cicero`: what people do with the service, from a terminal."""

from __future__ import annotations

import logging
import sys

import click

from chalicelib import logs
from local.bench.cli import bench
from local.cicero import act, look, recaps
from local.cicero.clients import clients
from local.cicero.doctor import doctor
from local.cicero.export import export
from local.cicero.fill import backfill
from local.cicero.outbox import outbox
from local.ending import main_of


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-v", "--verbose", is_flag=True, help="Show the log of every part.")
def cicero(verbose: bool) -> None:
    """Look at a running Cicero Fetch, and act on it: here, or on a deployed stage.

    Every command takes --json, for other programs, and each but bench --stage NAME. Exit codes: 0
    done, 1 failed or found something wrong, 2 wrong input or settings (nothing was done), 130
    interrupted.
    """
    level = logging.INFO if verbose else logging.ERROR
    logs.configure(level, "%(name)s %(message)s", sys.stderr)


for _command in (
    look.status, look.slots, look.client, look.groups,
    recaps.recap, recaps.why, recaps.ranking, recaps.recap_schedule,
    act.run_slot, act.run_client, act.dry_run, act.replay, act.add_post, act.restore,
    backfill, outbox, clients, doctor, export, bench,
):  # fmt: skip
    cicero.add_command(_command)


def main() -> int:
    """The console script; `local.ending` has its exit codes."""
    return main_of(cicero, "cicero")
