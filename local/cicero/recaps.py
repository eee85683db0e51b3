"""`cicero recap, why, ranking, recap-schedule`: who has engaged, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from chalicelib.errors import BadInput
from chalicelib.platforms import Platform
from chalicelib.recap.schedule import FORMS, RECIPIENTS, read_schedule
from local.cicero.show import as_json_line
from local.cicero.where import Here, Place, placed, runtime_here

_DAY = click.option("--day", "--date", "day", help="A WIB day, such as 2026-02-20; else today.")
_AT = click.option("--at", help="As this slot of the day knew it, such as 15:00.")
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("client_id")
@_DAY
@click.option("--until", help="The last day, if more than one.")
@click.option("--month", help="All days of a month so far instead, such as 2026-02.")
@click.option("--platform", type=click.Choice(get_args(Platform)), help="One platform only.")
@_AT
@click.option("--png", type=_OUT, help="Write a picture to this file; not with --stage.")
@click.option("--xlsx", type=_OUT, help="Write a workbook to this file; not with --stage.")
@click.option("--csv", type=_OUT, help="Write a CSV file; not with --stage.")
@placed
def recap(
    place: Place,
    as_json: bool,
    png: Path | None,
    xlsx: Path | None,
    csv: Path | None,
    **asked: Any,
) -> None:
    """Who of a client's people has engaged, and how sure that is, as WhatsApp text.

    Example: cicero recap POLRES_X --day 2026-02-20 --at 15:00
    """
    event = {"show": "recap", **asked}
    files = {"png": png, "xlsx": xlsx, "csv": csv}
    wanted = {form: path for form, path in files.items() if path}
    if wanted:
        _write(place, event, wanted)
    if as_json or not wanted:
        _show(place.ask("look", event), as_json)


@click.command()
@click.argument("person")
@_DAY
@click.option("--post", help="Only this post, by its id.")
@click.option("--client", "client_id", help="The unit whose posts count, if not the person's own.")
@placed
def why(place: Place, as_json: bool, **asked: Any) -> None:
    """Why a person (an id, a name or an account) is not recorded: what was read when.

    Example: cicero why @budi.santoso --day 2026-02-20
    """
    _show(place.ask("look", {"show": "why", **asked}), as_json)


@click.command()
@click.argument("client_id")
@_DAY
@_AT
@placed
def ranking(place: Place, as_json: bool, **asked: Any) -> None:
    """A directorate's units by what their people did, with the trends of 7 and 30 days.

    Example: cicero ranking DITBINMAS --day 2026-02-20
    """
    _show(place.ask("look", {"show": "ranking", **asked}), as_json)


@click.command("recap-schedule")
@click.argument("client_id")
@click.option("--hours", help="WIB, such as 15:20,18:20,20:20.")
@click.option("--to", multiple=True, type=click.Choice(RECIPIENTS), help="May be repeated.")
@click.option("--chats", default="", help="More numbers and group ids, separated by commas.")
@click.option("--as", "forms", multiple=True, type=click.Choice(FORMS), help="May be repeated.")
@click.option("--off", is_flag=True, help="Send no recaps of this client.")
@placed
def recap_schedule(place: Place, as_json: bool, client_id: str, off: bool, **given: Any) -> None:
    """Show when a client's recaps are sent, to whom and in which form; with --hours and the rest,
    set it; with --off, switch it off. With --stage it is only shown.

    Example: cicero recap-schedule POLRES_X --hours 15:20,18:20 --to group --as text
    """
    if off or any(given.values()):
        _set(place, client_id, off, **given)
    answer = place.ask("look", {"show": "recap_schedule", "client_id": client_id})
    if as_json:
        as_json_line(answer)
        return
    click.echo("on" if answer["active"] else "off")
    click.echo(f"hours: {', '.join(answer['hours']) or '-'}")
    click.echo(f"to: {', '.join(answer['recipients']) or '-'}")
    click.echo(f"more chats: {answer['more_chats']}")
    click.echo(f"as: {', '.join(answer['forms']) or '-'}")
    if answer["troubles"]:
        click.echo(f"cannot be used: {', '.join(answer['troubles'])}")


def _set(
    place: Place,
    client_id: str,
    off: bool,
    hours: str | None,
    to: Sequence[str],
    chats: str,
    forms: Sequence[str],
) -> None:
    from chalicelib.recap.schedules import load_schedule, save_schedule

    _only_here(place, "A schedule is set", "set it on the client's page in the window")
    with runtime_here(whole=False) as runtime:
        if off:
            wanted = replace(load_schedule(runtime, client_id), active=False)
        else:
            wanted = read_schedule(
                active=True, hours=hours or "", recipients=to, chats=chats, forms=forms
            )
        save_schedule(runtime, client_id, wanted)


def _write(place: Place, event: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Makes the files. The functions have neither the libraries nor the room for them."""
    from chalicelib.recap.answers import question_of
    from chalicelib.recap.count import by_day, recap_of
    from chalicelib.recap.forms import picture, table, workbook
    from chalicelib.recap.load import load_evidence
    from chalicelib.requests import LookRequest, parse_request

    _only_here(place, "Files are made", "download them from the window")
    request = parse_request(LookRequest, event)
    with runtime_here(whole=False) as runtime:
        question = question_of(request, runtime.now().date())
        evidence = load_evidence(runtime, question)
    found = recap_of(evidence)
    days = by_day(evidence) if question.first != question.last else None
    makers = {
        "png": lambda: picture.picture(found),
        "xlsx": lambda: workbook.workbook(found, days),
        "csv": lambda: table.recap_csv(found),
    }
    for form, path in files.items():
        content = makers[form]()
        path.write_bytes(content)
        click.echo(f"{path}: {len(content):,} bytes", err=True)


def _only_here(place: Place, what: str, instead: str) -> None:
    if not isinstance(place, Here):
        raise BadInput("--stage", f"{what} here only", f"Leave it out, or {instead}.")


def _show(answer: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        as_json_line(answer)
    else:
        click.echo("\n----------\n".join(answer["texts"]))
