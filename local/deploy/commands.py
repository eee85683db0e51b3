"""The commands for a stage on AWS: deploy, status, cutover, way-back, rollback, destroy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalicelib.errors import BadInput
from chalicelib.slots import WIB

if TYPE_CHECKING:
    from local.deploy.account import Account
    from local.deploy.cutover import Move
    from local.deploy.stages import Stage

PROJECT = Path(__file__).resolve().parents[2]

project_option = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=PROJECT,
    hidden=True,
)


@click.command()
@click.argument("stage")
@click.option("--keep-tables", is_flag=True, help="No migrate: for code older than the tables.")
@project_option
def deploy(stage: str, project: Path, keep_tables: bool) -> None:
    """Bring a stage on AWS up to date with the checked-out code; every step can be repeated."""
    from local.deploy.steps import Deployment

    with signed_in(project, stage) as (account, chosen):
        work = _work(project, chosen)
        Deployment(project, work, chosen, account, not keep_tables).run(click.echo)


@click.command()
@click.argument("stage")
@project_option
def status(stage: str, project: Path) -> None:
    """Show the state of a deployed stage: functions, rules, queues, host, last slots, alarms."""
    from local.deploy.account import find
    from local.deploy.project import write_state
    from local.deploy.status import status as lines

    with signed_in(project, stage) as (account, chosen):
        click.echo(f"{'account':<32} {account.number()}, {chosen.region}")
        found = find(account, chosen)
        write_state(project, chosen, found)  # for `chalice invoke` and `logs`
        for name, told in lines(account, chosen, found):
            click.echo(f"{name:<32} {told}")


@click.command()
@click.argument("stage")
@project_option
def destroy(stage: str, project: Path) -> None:
    """Remove a stage from AWS, once its name has been typed again."""
    from local.deploy import destroy as removing
    from local.deploy.account import DeployError

    with signed_in(project, stage) as (account, chosen):
        goes = removing.what_goes(account, chosen)
        where = f"Account {account.number()}, {chosen.region}"
        if not goes:
            click.echo(f"{where}: nothing of stage {stage} is there.")
            return
        click.echo(f"{where}. This goes for good:")
        for name in goes:
            click.echo(f"  {name}")
        click.echo(f"This stays: {removing.LEFT}.")
        _ask(stage, yes=False)
        removing.destroy(project, _work(project, chosen), account, chosen)
        left = removing.what_goes(account, chosen)
        if left:
            raise DeployError(f"Still there: {', '.join(left)}. Call it again.")
        click.echo("Removed.")


@click.command()
@click.argument("stage")
@project_option
def rollback(stage: str, project: Path) -> None:
    """Give a stage's functions the code that they ran before the last deployment."""
    from local.deploy import bundles

    with signed_in(project, stage) as (account, chosen):
        click.echo(f"The functions run {bundles.go_back(account, chosen)}")


_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("stage")
@_yes
@project_option
def cutover(stage: str, project: Path, yes: bool) -> None:
    """Take over from the service that a stage runs beside, at a moment between slots."""
    with _move(project, stage) as move:
        if move.is_done():
            click.echo("The stage has taken over already.")
        else:
            for remark in move.remarks():
                click.echo(f"  {remark}")
            _ask(stage, yes)
        move.cut_over()
        click.echo(
            f"Watch it: make status STAGE={stage}. The way back: make way-back STAGE={stage}. "
            "Leave the old service's device linked on the phone until you need neither."
        )


@click.command("way-back")
@click.argument("stage")
@_yes
@project_option
def way_back(stage: str, project: Path, yes: bool) -> None:
    """Give back to the service that a stage runs beside: no new slots, what is in flight ends."""
    with _move(project, stage) as move:
        click.echo("  no slot is opened, what is in flight ends, what is not sent is cancelled")
        _ask(stage, yes)
        move.way_back()
        click.echo(
            "Now start the old service, with its cron jobs. It goes on with the posts and people "
            "that are stored. If its device is no longer linked on the phone, pair it again; the "
            "switch in cron_job_config is the one of both services."
        )


def _ask(stage: str, yes: bool) -> None:
    if yes:
        return
    if click.prompt("Type the stage's name to go on", default="", show_default=False) != stage:
        raise BadInput("STAGE", "the name was not repeated", "Nothing was changed.")


@contextmanager
def _move(project: Path, name: str) -> Iterator[Move]:
    from local.deploy.cutover import Move

    with signed_in(project, name) as (account, stage):
        given = os.environ.get("CICERO_NOW")
        simulated = datetime.fromisoformat(given) if given else None
        move = Move(
            account,
            stage,
            project,
            click.echo,
            lambda: simulated or datetime.now(WIB),
            time.sleep,
        )
        move.check()
        yield move


@contextmanager
def signed_in(project: Path, name: str) -> Iterator[tuple[Account, Stage]]:
    """The stage and its account, which it is signed in to; errors of AWS are raised as a
    DeployError, with what to do about them."""
    from local.deploy.account import Account, AwsError, DeployError
    from local.deploy.advice import advised
    from local.deploy.identity import check_identity
    from local.deploy.stages import load_stage

    chosen = load_stage(project, name)
    try:
        with Account(chosen.region) as account:
            check_identity(account, chosen)
            yield account, chosen
    except (*AwsError, DeployError) as error:
        raise DeployError(advised(str(error))) from error


def _work(project: Path, stage: Stage) -> Path:
    return project / ".local" / "deploy" / stage.name
