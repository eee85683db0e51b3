"""`python -m local shadow`: compares today as the APIs show it with the database, from here or
through a deployed stage's function `shadow`, which reaches the stage's database and has its keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
from pydantic import TypeAdapter

from chalicelib.errors import BadInput
from chalicelib.manual.shadow import Comparison, Difference, compare_day
from chalicelib.slots import WIB
from local.access import clients_of, reading
from local.environment import given_environment

if TYPE_CHECKING:
    from local.deploy.account import Account
    from local.deploy.stages import Stage

_SHOWN = 10  # names per difference


@dataclass(frozen=True)
class Report:
    """What a whole comparison came to. `at`: WIB, in ISO format, to the minute."""

    at: str
    clients: int
    different: int
    incomplete: int

    @classmethod
    def of(cls, found: Iterable[Comparison]) -> Self:
        every = list(found)
        return cls(
            at=datetime.now(WIB).isoformat(timespec="minutes"),
            clients=len(every),
            different=sum(bool(one.differences) for one in every),
            incomplete=sum(bool(one.open) for one in every),
        )

    def __str__(self) -> str:
        return (
            f"{self.clients} clients compared, {self.different} with differences, "
            f"{self.incomplete} not in full"
        )


def run_shadow(client_id: str | None, as_json: bool) -> None:
    """Compares one client, or all that take part, and prints each result as it is ready."""
    if "RAPIDAPI_KEY" not in given_environment():
        raise BadInput("RAPIDAPI_KEY", "is not set, so there is nothing to compare with", "Set it.")
    with reading() as reader:
        chosen = clients_of(reader, client_id)
        _print_all((compare_day(reader, one) for one in chosen), as_json)


def shadow_of_stage(
    account: Account, stage: Stage, project: Path, client_id: str | None, as_json: bool
) -> None:
    """The same through the stage's function, one client per call. What all clients together came
    to is kept for `make cutover`. Raises DeployError if the function fails."""
    from local.deploy.functions import invoke

    function = stage.prefix + "shadow"
    chosen = [client_id] if client_id else invoke(account, function, {})["clients"]
    answers = (invoke(account, function, {"client_id": one}) for one in chosen)
    read = TypeAdapter(Comparison).validate_python
    report = _print_all((read(answer) for answer in answers), as_json)
    if client_id is None:
        file = _file(project, stage)
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(asdict(report)) + "\n", encoding="utf-8")


def last_report(project: Path, stage: Stage) -> Report | None:
    """The last comparison of all of the stage's clients from this machine."""
    try:
        return Report(**json.loads(_file(project, stage).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _file(project: Path, stage: Stage) -> Path:
    return project / ".local" / f"shadow-{stage.name}.json"


def _print_all(found: Iterator[Comparison], as_json: bool) -> Report:
    kept = []
    for one in found:
        kept.append(one)
        for line in [json.dumps(asdict(one))] if as_json else _lines(one):
            click.echo(line)
    report = Report.of(kept)
    if not as_json:
        click.echo(str(report))
    return report


def _lines(found: Comparison) -> list[str]:
    head = f"{found.client_id}: {found.posts} posts and {found.names} names compared"
    differences = [f"  {_told(one)}" for one in found.differences]
    not_compared = [
        f"  not compared: {one.platform} {one.content_id or 'posts'}: {one.why}"
        for one in found.open
    ]
    return [head + ("" if differences else ", no difference"), *differences, *not_compared]


def _told(one: Difference) -> str:
    where = "only the API shows" if one.only == "here" else "only the database has"
    if not one.names:
        return f"{where} {one.platform} {one.content_id}"
    more = f" and {len(one.names) - _SHOWN} more" if len(one.names) > _SHOWN else ""
    return f"{one.platform} {one.content_id}: {where} {', '.join(one.names[:_SHOWN])}{more}"
