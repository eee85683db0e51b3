"""What commands print: a table for people, or JSON in its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Step = Callable[[int], None]
"""Is told how much is done, as a long work goes on."""

COLOURS = {
    "ok": "green", "done": "green", "verified": "green", "sent": "green",
    "warning": "yellow", "unverified": "yellow", "late": "yellow", "uncertain": "yellow",
    "error": "red", "failed": "red", "never": "red", "missed": "red", "dead_letter": "red",
}  # fmt: skip


def as_json_line(data: Any) -> None:
    """Prints one JSON document."""
    click.echo(json.dumps(data, ensure_ascii=False))


def say(text: str) -> None:
    """One line of plain text; words of states in their colours."""
    Console().print(text, highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Prints rows; numbers stand to the right, None is a dash, states have their colours."""
    made = Table(title=escape(title), title_justify="left")
    kept = [list(row) for row in rows]
    for number, column in enumerate(columns):
        numeric = any(isinstance(row[number], int | float) for row in kept)
        made.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        made.add_row(*map(_cell, row))
    Console().print(made)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    text = escape(str(value))
    colour = COLOURS.get(str(value))
    return f"[{colour}]{text}[/]" if colour else text


def clock(moment: str | None) -> str | None:
    """`2026-02-20 17:00` of a moment in JSON; None stays None."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M") if moment else None


def hour(moment: str | None) -> str | None:
    """`17:00` of a moment in JSON; None stays None."""
    return datetime.fromisoformat(moment).strftime("%H:%M") if moment else None


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Step]:
    """A bar on standard error, away from what is printed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)

        def step(done: int) -> None:
            bar.update(task, completed=done)

        yield step
