"""The commands of `python -m local`; each uses the services that are set and starts the others.
Exit codes: `local.ending`."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from chalicelib import logs
from chalicelib.errors import BadInput
from chalicelib.slots import WIB, Slot, parse_day
from local.access import DATA, database_of, database_url, print_plans, stack
from local.bench.cli import AT_LEAST_ONE, bench
from local.cicero.act import add_post, restore
from local.cicero.outbox import outbox
from local.cicero.recaps import ranking, recap, recap_schedule, why
from local.deploy import commands as aws
from local.ending import main_of

log = logging.getLogger(__name__)

_DRY_RUN = "Write nothing: show what would be told, given what is stored now, and why."


@click.group()
@click.option("-v", "--verbose", is_flag=True, help="Show the log of every part.")
def cli(verbose: bool) -> None:
    """Cicero Fetch on this machine: real PostgreSQL, Redis and SQS, a sandbox API."""
    level = logging.INFO if verbose else logging.ERROR
    logs.configure(level, "%(name)s %(message)s", sys.stderr)


@cli.command()
@click.option("--day", default="2026-02-20", help="The WIB day to simulate.")
@click.option("--workers", default=4, type=AT_LEAST_ONE, show_default=True)
@click.option(
    "--stay/--end",
    default=None,
    help="Show the day in the operators' window until Ctrl-C; by default at a terminal.",
)
def demo(day: str, workers: int, stay: bool | None) -> None:
    """Four slots of one simulated day, six clients, nothing to set up."""
    from local.demo import run_demo

    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    run_demo(parse_day(day, "--day"), workers, terminal if stay is None else stay)


@cli.command()
@click.option("--at", required=True, help="The slot, e.g. 2026-02-20T17:00+07:00.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line, last.")
@click.option(
    "--workers", default=8, type=AT_LEAST_ONE, show_default=True, help="Worker processes."
)
@click.option("--twice", is_flag=True, help="Deliver every queue message twice.")
@click.option("--dry-run", is_flag=True, help=_DRY_RUN)
def slot(at: str, as_json: bool, workers: int, twice: bool, dry_run: bool) -> None:
    """One whole slot, all stages."""
    from local.show import results, summary_progress
    from local.slot_run import play_slot

    chosen = Slot.parse(at, "--at")
    if dry_run:
        print_plans(chosen, None)
        return
    out = sys.stderr if as_json else sys.stdout
    with stack(chosen) as parts, summary_progress(str(chosen)) as progress:
        show = partial(print, file=out)
        result = play_slot(parts, chosen, workers, show, progress, twice=twice)
        if not as_json:
            results(parts.database(), chosen, result)
    if as_json:
        click.echo(json.dumps(result.as_dict()))


@cli.command()
@click.argument("client_id")
@click.option("--at", help="The slot; without it the latest one of today.")
@click.option("--dry-run", is_flag=True, help=_DRY_RUN)
def client(client_id: str, at: str | None, dry_run: bool) -> None:
    """One client's run of a slot, by hand."""
    from local.show import print_clients
    from local.slot_run import play_client

    chosen = Slot.parse(at, "--at") if at else Slot.latest(datetime.now(WIB))
    if chosen is None:
        raise BadInput("--at", "today has had no slot yet", "Name one.")
    if dry_run:
        print_plans(chosen, client_id)
        return
    with stack(chosen) as parts:
        rows = play_client(parts, client_id, chosen, print)
    print_clients(rows)


@cli.command()
def migrate() -> None:
    """Migrate the database of DATABASE_URL (or the embedded one) to the newest version."""
    from chalicelib.db.migrate import migrate as run

    logging.getLogger("chalicelib.db").setLevel(logging.WARNING)  # for whom it waits
    with database_url() as url:
        answer = run(url)
    click.echo(f"database: {answer['from'] or 'empty'} → {answer['to']}")
    if url and answer.get("warning"):
        click.echo(f"warning: {answer['warning']}", err=True)


@cli.command()
@click.option("--workers", default=4, type=AT_LEAST_ONE, show_default=True)
def worker(workers: int) -> None:
    """Work the queues, on the real clock, until interrupted."""
    from local.up import work

    with stack(None) as parts:
        work(parts, workers, DATA, schedules=False, host=parts.joined is None)


@cli.command()
@click.option("--workers", default=4, type=AT_LEAST_ONE, show_default=True)
@click.option("--reload", is_flag=True, help="Restart when a file changes.")
def up(workers: int, reload: bool) -> None:
    """The whole stack on the real clock: schedules, queues, host, until interrupted."""
    from local.up import work, work_reloading

    if reload:
        work_reloading()
    else:
        with stack(None, stays=True) as parts:
            work(parts, workers, DATA, schedules=True)


@cli.command("bench-window")
@click.option("--clients", default=1000, type=AT_LEAST_ONE, show_default=True)
@click.option("--days", default=90, type=AT_LEAST_ONE, show_default=True, help="Days of runs.")
@click.option(
    "--messages",
    default=2_000_000,
    type=AT_LEAST_ONE,
    show_default=True,
    help="Rows of the outbox.",
)
@click.option(
    "--rounds",
    default=9,
    type=AT_LEAST_ONE,
    show_default=True,
    help="How often each page is asked for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line, last.")
def bench_window(clients: int, days: int, messages: int, rounds: int, as_json: bool) -> None:
    """How fast each page of the operators' window is, over a long past."""
    from local.bench.window_bench import Size, print_window, run_window_bench

    size = Size(clients, days, messages)
    report = run_window_bench(DATA / "bench-window", size, rounds, partial(click.echo, err=True))
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        print_window(report)


@cli.command()
@click.argument("client_id", required=False)
@click.option("--stage", help="Through this stage on AWS: its database, its keys.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line per client.")
@aws.project_option
def shadow(client_id: str | None, stage: str | None, project: Path, as_json: bool) -> None:
    """Today as the APIs show it, against what the database has; nothing is stored or sent."""
    from local.shadow import run_shadow, shadow_of_stage

    if stage is None:
        run_shadow(client_id, as_json)
        return
    with aws.signed_in(project, stage) as (account, chosen):
        shadow_of_stage(account, chosen, project, client_id, as_json)


@cli.command()
@click.argument("scenes", nargs=-1)
@click.option("--folder", default="docs/screenshots", show_default=True, help="Where they go.")
def screenshots(scenes: tuple[str, ...], folder: str) -> None:
    """Pictures of the operators' window on invented days: normal, empty, bad, 1000; or all."""
    from local.screenshots.command import take
    from local.screenshots.scenes import SCENES

    wrong = set(scenes) - set(SCENES)
    if wrong:
        known = ", ".join(SCENES)
        raise BadInput("SCENES", f"{', '.join(wrong)} is none", f"Choose from {known}.")
    take(scenes or list(SCENES), Path(folder), click.echo)


@cli.command()
@click.option("--data", default=str(DATA / "demo"), show_default=True, help="A run's directory.")
@click.argument("sql", required=False)
def psql(data: str, sql: str | None) -> None:
    """Query the database that a run left: a prompt, or one statement."""

    if not (Path(data) / "postgres" / "PG_VERSION").exists():
        raise BadInput("--data", f"no database in {data}", "Run `make demo` first.")
    with database_of(Path(data)) as postgres:
        postgres.psql(*(["-c", sql] if sql else []))


cli.add_command(bench)
cli.add_command(add_post)
cli.add_command(restore, "restore-post")
cli.add_command(outbox)
cli.add_command(recap)
cli.add_command(why)
cli.add_command(ranking)
cli.add_command(recap_schedule)
cli.add_command(aws.deploy)
cli.add_command(aws.status)
cli.add_command(aws.cutover)
cli.add_command(aws.way_back)
cli.add_command(aws.rollback)
cli.add_command(aws.destroy)


def main() -> int:
    """The command line; see `local.ending` for its exit codes."""
    return main_of(cli)
