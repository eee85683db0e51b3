"""`python -m local.sandbox`: the sandbox in the foreground, until Ctrl-C."""

from contextlib import suppress
from datetime import datetime

import click

from local.sandbox.faults import catalogue
from local.sandbox.http_server import SandboxServer
from local.sandbox.scenario import WIB, crowd, demo_day


@click.command(help="Serves the sandbox of both social APIs on 127.0.0.1 until Ctrl-C.")
@click.option("--port", default=8099, show_default=True, help="0 picks a free one.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The WIB day; today unless given.")
@click.option("--latency", default=0.0, show_default=True, help="Seconds that every answer takes.")
@click.option("--clients", type=int, help="A crowd of this many, instead of the demo day's six.")
@click.option("--faults", is_flag=True, help="Lists the faults that can be set, and exits.")
def main(
    port: int, day: datetime | None, latency: float, clients: int | None, faults: bool
) -> None:
    """Serves until Ctrl-C."""
    if faults:
        click.echo(catalogue())
        return
    date = (day or datetime.now(WIB)).date()
    scenario = demo_day(date) if clients is None else crowd(date, clients)
    with SandboxServer(scenario.world, latency, port) as server, suppress(KeyboardInterrupt):
        click.echo(f"Sandbox of {date}, {len(scenario.clients)} clients: {server.url}")
        server.serve_forever()


main()
