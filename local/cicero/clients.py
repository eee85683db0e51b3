"""`cicero clients list, check, import`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, get_args
from zipfile import BadZipFile

import click

from chalicelib.errors import BadInput
from chalicelib.overview.clients import Show
from local.cicero.doctor import show_findings
from local.cicero.show import as_json_line, clock, progress, say, table
from local.cicero.where import Place, placed

_CHECKS = ("clients", "handles", "groups")


@click.group()
def clients() -> None:
    """Clients: list them, check handles and groups, import a sheet."""


@clients.command("list")
@click.option(
    "--filter", "which", type=click.Choice(get_args(Show)), default="all", show_default=True
)
@click.option("--search", default="", help="Part of a name or an id.")
@placed
def clients_list(place: Place, as_json: bool, which: str, search: str) -> None:
    """The clients: how fresh their data is, errors, the last message.

    Example: cicero clients list --filter trouble
    """
    answer = place.ask("look", {"show": "clients", "filter": which, "search": search})
    if as_json:
        as_json_line(answer)
        return
    rows = (
        (
            line["client_id"], line["name"], line["standing"], clock(line["data_from"]),
            line["failed"], line["error_kind"], (line["message"] or {}).get("status"),
        )
        for line in answer["lines"]
    )  # fmt: skip
    head = ("client", "name", "standing", "data from", "failed", "last error", "last message")
    counts = f"{answer['matching']} clients, as of {clock(answer['read_at'])} WIB"
    table(head, rows, title=counts)


@clients.command("check")
@placed
def clients_check(place: Place, as_json: bool) -> None:
    """Handles and groups that cannot be used, and how to correct them. Exit code 1 for errors.

    Example: cicero clients check
    """
    answer = place.ask("look", {"show": "doctor", "calls": False})
    found = [one for one in answer["findings"] if one["check"] in _CHECKS]
    show_findings({"read_at": answer["read_at"], "findings": found}, as_json)


@clients.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would change, and all that is wrong.")
@placed
def clients_import(place: Place, as_json: bool, file: Path, dry_run: bool) -> None:
    """Write clients from a CSV or XLSX file whose first row names columns of `clients`.

    All of it or, if a cell is wrong, nothing. An empty cell leaves what is stored; a client that
    the file does not name stays as it is.

    Example: cicero clients import satker.xlsx --dry-run
    """
    with progress(f"reading {file.name}", None):
        rows = read_sheet(file)
    answer = place.ask("import_clients", {"rows": rows, "dry_run": dry_run})
    if as_json:
        as_json_line(answer)
    else:
        _show_import(answer)
    if answer["wrong"]:
        raise click.exceptions.Exit(1)


def _show_import(answer: dict[str, Any]) -> None:
    for client_id in answer["new"]:
        say(f"new: {client_id}")
    changes = (
        (client_id, column, before, after)
        for client_id, columns in answer["changed"].items()
        for column, (before, after) in columns.items()
    )
    if answer["changed"]:
        table(("changed", "column", "before", "after"), changes)
    if answer["wrong"]:
        wrong = ((one["row"], one["column"], one["problem"]) for one in answer["wrong"])
        table(("row", "column", "problem"), wrong)
    counts = (
        f"{len(answer['new'])} new, {len(answer['changed'])} changed, {answer['same']} the same"
    )
    say(f"{counts}; {'written' if answer['written'] else 'nothing was written'}")


def read_sheet(file: Path) -> list[dict[str, str | None]]:
    """The rows of a file by column, cells as text; rows without any cell are left out. Raises
    BadInput for a file that is neither, or has no header."""
    readers = {".csv": _read_csv, ".xlsx": _read_xlsx}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise BadInput("FILE", f"{file.name} is neither CSV nor XLSX", "Save it as one of these.")
    head, *rows = reader(file) or [[]]
    columns = [column.strip().lower() for column in head]
    if "client_id" not in columns:
        raise BadInput("FILE", "its first row names no column client_id", "Name the columns there.")
    return [dict(zip(columns, row, strict=False)) for row in rows if any(row)]


def _read_csv(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("FILE", "is not UTF-8 text", "Save it as CSV UTF-8.") from None
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    return list(csv.reader(lines, delimiter=delimiter))


def _read_xlsx(file: Path) -> list[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, OSError, KeyError, ValueError) as error:
        raise BadInput("FILE", f"{file.name} is no readable XLSX", "Save it again.") from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        return [[_text(cell) for cell in row] for row in rows]
    finally:
        book.close()


def _text(cell: Any) -> str:
    """A cell as it is seen: a sheet keeps whole numbers as 12.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
