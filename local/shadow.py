"""`python -m local shadow`: compares today as the APIs show it with the database."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from chalicelib.errors import BadInput
from chalicelib.manual.shadow import Comparison, Difference, compare_day
from local.access import clients_of, reading
from local.environment import given_environment

_SHOWN = 10  # names per difference


def run_shadow(client_id: str | None, as_json: bool) -> None:
    """Compares one client, or all that take part, and prints each result as it is ready."""
    if "RAPIDAPI_KEY" not in given_environment():
        raise BadInput("RAPIDAPI_KEY", "is not set, so there is nothing to compare with", "Set it.")
    different = 0
    with reading() as reader:
        chosen = clients_of(reader, client_id)
        for one in chosen:
            found = compare_day(reader, one)
            different += bool(found.differences)
            for line in [json.dumps(asdict(found))] if as_json else _lines(found):
                click.echo(line)
    if not as_json:
        click.echo(f"{len(chosen)} clients compared, {different} with differences")


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
