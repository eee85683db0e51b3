"""The command `bench`, of `cicero` and of `python -m local`."""

from __future__ import annotations

import json
from typing import Any

import click

from chalicelib.errors import CiceroError
from local.access import DATA

AT_LEAST_ONE, _ANY = click.IntRange(min=1), click.IntRange(min=0)


@click.command()
@click.option("--clients", default=None, type=AT_LEAST_ONE, help="100, or 20 with --day.")
@click.option("--day", is_flag=True, help="The calls of a whole day, without waits.")
@click.option(
    "--posts", default=6, type=_ANY, show_default=True, help="Instagram posts of a client's day."
)
@click.option("--likers", default=250, type=_ANY, show_default=True, help="Likers of each.")
@click.option(
    "--videos", default=3, type=_ANY, show_default=True, help="TikTok videos of a client's day."
)
@click.option("--comments", default=120, type=_ANY, show_default=True, help="Comments of each.")
@click.option(
    "--latency",
    "latency_ms",
    default=150.0,
    type=click.FloatRange(min=0),
    show_default=True,
    help="Milliseconds of an API call.",
)
@click.option(
    "--rate", default=0, type=_ANY, show_default=True, help="Calls a second to each API; 0: any."
)
@click.option(
    "--workers", default=24, type=AT_LEAST_ONE, show_default=True, help="Worker processes."
)
@click.option(
    "--one-by-one",
    default=2,
    type=_ANY,
    show_default=True,
    help="Clients of the baseline; 0: all of them.",
)
@click.option("--moto", is_flag=True, help="Use moto for SQS, although fauxqs is faster.")
@click.option("--dispatch-only", is_flag=True, help="Only open the slot.")
@click.option("--package", is_flag=True, help="Also build the Lambda bundle and show its size.")
@click.option("--profile", is_flag=True, help="Show where the workers' time goes.")
@click.option("--record", help="Add a line with this remark to docs/performance.md.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line, last.")
def bench(as_json: bool, record: str | None, **options: Any) -> None:
    """How fast a slot is, compared with how fast it could be; invented clients, on this machine.

    Example: cicero bench --day
    """
    from local.bench.command import Wanted, run

    names = ("day", "dispatch_only", "package", "profile")
    wanted = {name: options.pop(name) for name in names}
    options["clients"] = options["clients"] or (20 if wanted["day"] else 100)
    report = run(DATA / "bench", options, Wanted(**wanted, record=record, show=not as_json))
    if as_json:
        click.echo(json.dumps(report))
    if report.get("failed"):
        raise CiceroError(f"{report['failed']} clients failed")
