"""`python -m local recap-schedule`: when a client's recaps are sent, to whom and in which form."""

from __future__ import annotations

import click

from chalicelib.recap.schedule import FORMS, RECIPIENTS, Schedule, read_schedule
from local.access import reading


@click.command("recap-schedule")
@click.argument("client_id")
@click.option("--hours", help="WIB, e.g. 15:20,18:20,20:20.")
@click.option("--to", multiple=True, type=click.Choice(RECIPIENTS), help="May be repeated.")
@click.option("--chats", default="", help="More numbers and group ids, separated by commas.")
@click.option("--as", "forms", multiple=True, type=click.Choice(FORMS), help="May be repeated.")
@click.option("--off", is_flag=True, help="Send no recaps of this client.")
def recap_schedule(
    client_id: str,
    hours: str | None,
    to: tuple[str, ...],
    chats: str,
    forms: tuple[str, ...],
    off: bool,
) -> None:
    """Shows a client's schedule of recaps; with --hours sets it, with --off switches it off."""
    from dataclasses import replace

    from chalicelib.recap.schedules import load_schedule, save_schedule

    with reading() as runtime:
        schedule = load_schedule(runtime, client_id)
        if off:
            schedule = save_schedule(runtime, client_id, replace(schedule, active=False))
        elif hours is not None or to or chats or forms:
            wanted = read_schedule(
                active=True, hours=hours or "", recipients=to, chats=chats, forms=forms
            )
            schedule = save_schedule(runtime, client_id, wanted)
    _print(schedule)


def _print(schedule: Schedule) -> None:
    click.echo("on" if schedule.active else "off")
    click.echo(f"hours: {', '.join(f'{hour:%H:%M}' for hour in schedule.hours) or '-'}")
    click.echo(f"to: {', '.join(schedule.recipients) or '-'}")
    more = len([one for one in schedule.chats.split(",") if one.strip()])
    click.echo(f"more chats: {more}")
    click.echo(f"as: {', '.join(schedule.forms) or '-'}")
