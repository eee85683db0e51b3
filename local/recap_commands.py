"""`python -m local recap`, `why` and `ranking`: who has engaged, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, get_args

import click

from chalicelib.errors import BadInput
from chalicelib.platforms import Platform
from chalicelib.recap.load import Question
from chalicelib.slots import Slot, parse_day
from chalicelib.texts import Part
from local.access import reading

_DAY = "The WIB day, e.g. 2026-02-20; without it today."
_AT = "As this slot of the day knew it, e.g. 15:00."
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("client_id")
@click.option("--date", "day", help=_DAY)
@click.option("--until", help="The last day, if more than one.")
@click.option("--month", help="All days of a month so far instead, e.g. 2026-02.")
@click.option("--platform", type=click.Choice(get_args(Platform)), help="One platform only.")
@click.option("--at", help=_AT)
@click.option("--png", type=_OUT, help="Write a picture to this file.")
@click.option("--xlsx", type=_OUT, help="Write a workbook to this file.")
@click.option("--csv", "csv_file", type=_OUT, help="Write a CSV file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recap(
    client_id: str,
    png: Path | None,
    xlsx: Path | None,
    csv_file: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Who of a client's people has engaged; as WhatsApp text, if nothing else is asked for."""
    from chalicelib.recap.count import by_day, recap_of
    from chalicelib.recap.forms import picture, table, text, workbook
    from chalicelib.recap.load import load_evidence

    with reading() as reader:
        question = _question(client_id, reader.now().date(), **asked)
        evidence = load_evidence(reader, question)
    found = recap_of(evidence)
    if png:
        _write(png, picture.picture(found))
    if xlsx:
        days = by_day(evidence) if question.first != question.last else None
        _write(xlsx, workbook.workbook(found, days))
    if csv_file:
        _write(csv_file, table.recap_csv(found))
    if as_json:
        click.echo(json.dumps(table.as_json(found), ensure_ascii=False))
    if not (png or xlsx or csv_file or as_json):
        _print(text.recap_text(found))


@click.command()
@click.argument("person")
@click.option("--date", "day", help=_DAY)
@click.option("--post", help="Only this post, by its id.")
@click.option("--client", "client_id", help="The unit whose posts count, if not the person's own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(
    person: str, day: str | None, post: str | None, client_id: str | None, as_json: bool
) -> None:
    """Why a person (an id, a name or an account) is not recorded: what was read when."""
    from chalicelib.recap.ask import ask_why
    from chalicelib.recap.forms.reasons import why_json, why_text

    with reading() as reader:
        chosen = parse_day(day, "--date") if day else reader.now().date()
        found = ask_why(reader, person, chosen, post, client_id)
    if as_json:
        click.echo(json.dumps(why_json(found), ensure_ascii=False))
    else:
        _print(why_text(found))


@click.command()
@click.argument("client_id")
@click.option("--date", "day", help=_DAY)
@click.option("--at", help=_AT)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ranking(client_id: str, day: str | None, at: str | None, as_json: bool) -> None:
    """A directorate's units by what their people did, with 7 and 30 days' trends."""
    from chalicelib.recap.forms.rankings import ranking_json, ranking_text
    from chalicelib.recap.load import load_ranking

    with reading() as reader:
        chosen = parse_day(day, "--date") if day else reader.now().date()
        found = load_ranking(reader, client_id, chosen, _slot(at, chosen))
    if as_json:
        click.echo(json.dumps(ranking_json(found), ensure_ascii=False))
    else:
        _print(ranking_text(found))


def _question(
    client_id: str,
    today: date,
    day: str | None,
    until: str | None,
    month: str | None,
    platform: Platform | None,
    at: str | None,
) -> Question:
    """Raises BadInput for days, months and slots that are none."""
    if month and (day or until or at):
        raise BadInput("--month", "takes no day beside it", "Leave out --date, --until and --at.")
    platforms = (platform,) if platform else None
    if month:
        return Question.of_month(client_id, parse_day(f"{month}-01", "--month"), today, platforms)
    first = parse_day(day, "--date") if day else today
    last = parse_day(until, "--until") if until else first
    return Question(client_id, first, last, platforms, _slot(at, first))


def _slot(text: str | None, day: date) -> Slot | None:
    """The slot that `15:00`, or a whole moment, names on this day."""
    if text is None:
        return None
    return Slot.parse(text if "T" in text else f"{day}T{text}", "--at")


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    click.echo(f"{path}: {len(content):,} bytes", err=True)


def _print(parts: Iterable[Part]) -> None:
    click.echo("\n----------\n".join(part.text for part in parts))
