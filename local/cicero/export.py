"""`cicero export`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from chalicelib.exports.tables import BATCH, TABLES, Rows, Wanted, batches, from_page
from chalicelib.slots import parse_day
from local.cicero.files import writer_for
from local.cicero.show import Step, as_json_line, progress, say
from local.cicero.where import Here, Place, placed, runtime_here


@click.command()
@click.argument("table", type=click.Choice(list(TABLES)))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@click.option("--from", "first", required=True, help="The first WIB day, such as 2026-02-13.")
@click.option("--to", "last", required=True, help="The last one.")
@placed
def export(place: Place, as_json: bool, table: str, file: Path, first: str, last: str) -> None:
    """Write posts, who engaged, or runs to FILE: .csv, .xlsx or .parquet.

    Rows are written as they are read, however many there are. An existing file is replaced when
    all of the new one is written.

    Example: cicero export posts februari.xlsx --from 2026-02-01 --to 2026-02-28
    """
    wanted = Wanted(table, parse_day(first, "--from"), parse_day(last, "--to"))
    write = writer_for(file)
    draft = file.with_name(f".{file.stem}.part{file.suffix}")
    try:
        with progress(f"{table}, rows", None) as step:
            written = write(draft, wanted.columns, _counted(_rows(place, wanted), step))
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    if as_json:
        as_json_line({"table": table, "file": str(file), "rows": written})
    else:
        say(f"{written} rows in {file}")


def _rows(place: Place, wanted: Wanted) -> Iterator[Rows]:
    """From here through a cursor of the database; from a stage batch by batch, day by day."""
    if isinstance(place, Here):
        with runtime_here(whole=False) as here:
            yield from batches(here, wanted)
        return
    day = wanted.first
    while day <= wanted.last:
        skip, more = 0, True
        while more:
            event = {"show": "export", "table": wanted.table, "day": str(day), "skip": skip}
            answer = place.ask("look", event)
            yield from_page(wanted, answer["rows"])
            skip, more = skip + BATCH, answer["more"]
        day += timedelta(days=1)


def _counted(every: Iterator[Rows], step: Step) -> Iterator[Rows]:
    done = 0
    for rows in every:
        yield rows
        done += len(rows)
        step(done)
