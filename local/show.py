"""What a run shows at the terminal: progress, result tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib.clients import Client
from chalicelib.db import Database, Row
from chalicelib.notify.plan import Plan
from chalicelib.platforms import DESCRIPTIONS, PLATFORMS
from chalicelib.slots import Slot
from local.slot_run import Progress as Report
from local.slot_run import SlotResult

out = Console()


@contextmanager
def summary_progress(title: str) -> Iterator[Report]:
    """A live bar of the clients that have finished, on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(f"slot {title}", total=None)

        def report(summary: Row) -> None:
            if total := summary.get("clients"):
                bar.update(task, total=total, completed=total - summary["unfinished"])

        yield report


def results(database: Database, slot: Slot, result: SlotResult) -> None:
    """Prints the table of a slot's clients, and the slot in one line."""
    with database.transaction() as tx:
        rows = tx.run("slots.client_results", slot=slot.at)
    database.close()
    print_clients(rows, title=f"Slot {slot}")
    out.print(
        f"{result.done} done, {result.failed} failed of {result.clients} in {result.seconds:.1f} s"
        f" · {result.api_requests} API requests · {result.sql_round_trips} SQL round trips"
        f" · {result.messages_sent} of {result.messages_queued} messages sent"
    )


def print_clients(rows: Sequence[Row], title: str = "") -> None:
    """One line per client, with each platform's results."""
    table = Table(title=title, title_justify="left")
    labels = [one.label for one in DESCRIPTIONS.values()]
    for column in ("client", *labels, "outcome", "API", "s"):
        table.add_column(column, justify="right" if column in ("API", "s") else "left")
    for row in rows:
        table.add_row(
            row["client_id"],
            *(_platform(row, platform) for platform in PLATFORMS),
            _outcome(row),
            str(row["api_requests"]),
            f"{row['seconds']:.1f}",
        )
    out.print(table)


def print_plan(client: Client, plan: Plan) -> None:
    """A plan as data, one line of JSON per message, each followed by its text."""
    print(f"{client.client_id}: {plan.send}, because {plan.why}")
    for message in plan.messages:
        data = asdict(message)
        text = data.pop("text")
        print(json.dumps(data, default=datetime.isoformat), text, "", sep="\n")


def _platform(row: Row, platform: str) -> str:
    fetch = (row["fetch_result"] or {}).get(platform)
    engagement = (row["engagement_result"] or {}).get(platform)
    parts = []
    if fetch:
        posts = "" if fetch["verdict"] == "error" else f": {fetch['posts']} posts"
        parts.append(fetch["verdict"] + posts)
        parts += [f"{fetch[n]} {n}" for n in ("new", "removed", "held") if fetch[n]]
    if engagement:
        parts.append(f"{engagement['users']} users")
    return ", ".join(parts) or "-"


def _outcome(row: Row) -> str:
    if row["outcome"] == "done":
        return "[green]done[/]"
    return f"[red]{row['outcome'] or 'unfinished'}: {row['error_kind'] or ''}[/]"
