"""The commands for a stage on AWS: deploy, status, rollback, destroy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chalicelib.errors import BadInput

if TYPE_CHECKING:
    from local.deploy.account import Account
    from local.deploy.stages import Stage

PROJECT = Path(__file__).resolve().parents[2]

_project = click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=PROJECT,
    hidden=True,
)


@click.command()
@click.argument("stage")
@click.option("--keep-tables", is_flag=True, help="No migrate: for code older than the tables.")
@_project
def deploy(stage: str, project: Path, keep_tables: bool) -> None:
    """Bring a stage on AWS up to date with the checked-out code; every step can be repeated."""
    from local.deploy.steps import Deployment

    with _stage(project, stage) as (account, chosen):
        work = _work(project, chosen)
        Deployment(project, work, chosen, account, not keep_tables).run(click.echo)


@click.command()
@click.argument("stage")
@_project
def status(stage: str, project: Path) -> None:
    """Show the state of a deployed stage: functions, rules, queues, host, last slots, alarms."""
    from local.deploy.account import find
    from local.deploy.project import write_state
    from local.deploy.status import status as lines

    with _stage(project, stage) as (account, chosen):
        write_state(project, chosen, find(account, chosen))  # for `chalice invoke` and `logs`
        for name, told in lines(account, chosen):
            click.echo(f"{name:<32} {told}")


@click.command()
@click.argument("stage")
@_project
def destroy(stage: str, project: Path) -> None:
    """Remove a stage from AWS, once its name has been typed again."""
    from local.deploy import destroy as removing
    from local.deploy.account import DeployError

    with _stage(project, stage) as (account, chosen):
        goes = removing.what_goes(account, chosen)
        click.echo(f"Account {account.number()}, {chosen.region}. This goes for good:")
        for name in goes:
            click.echo(f"  {name}")
        click.echo(f"This stays: {removing.LEFT}.")
        if click.prompt("Type the stage's name to go on", default="", show_default=False) != stage:
            raise BadInput("STAGE", "the name was not repeated", "Nothing was removed.")
        removing.destroy(project, _work(project, chosen), account, chosen)
        left = removing.what_goes(account, chosen)
        if left:
            raise DeployError(f"Still there: {', '.join(left)}. Call it again.")
        click.echo("Removed.")


@click.command()
@click.argument("stage")
@_project
def rollback(stage: str, project: Path) -> None:
    """Give a stage's functions the code that they ran before the last deployment."""
    from local.deploy import bundles

    with _stage(project, stage) as (account, chosen):
        click.echo(f"The functions run {bundles.go_back(account, chosen)}")


@contextmanager
def _stage(project: Path, name: str) -> Iterator[tuple[Account, Stage]]:
    """The stage and its account; AWS errors are raised as a DeployError."""
    from local.deploy.account import Account, AwsError, DeployError
    from local.deploy.stages import load_stage

    chosen = load_stage(project, name)
    with Account(chosen.region) as account:
        try:
            yield account, chosen
        except AwsError as error:
            raise DeployError(str(error)) from error


def _work(project: Path, stage: Stage) -> Path:
    return project / ".local" / "deploy" / stage.name
