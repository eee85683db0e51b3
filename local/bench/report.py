"""What a run came to, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.table import Table

from local.bench.dispatch_bench import DispatchReport
from local.bench.meter import MEGABYTE
from local.bench.slot_report import SlotFigures
from local.profiler import Place
from local.show import out

_FUNCTIONS = 12


def print_slot(report: SlotFigures) -> None:
    """One line per quantity, each with what it is measured against."""
    table = _table(
        f"{report.clients} clients, {report.workers} workers, {report.latency_ms:g} ms a call, "
        f"rate {report.rate or 'unlimited'}, queues by {report.queue_emulator}"
    )
    row, clients = table.add_row, report.clients
    row("clients done, failed", f"{report.done}, {report.failed}", "")
    row(
        "slot event → last client",
        f"{report.seconds:.2f} s",
        f"{clients / report.seconds:.1f} clients/s",
    )
    row(
        "  of it dispatch",
        f"{report.dispatch_seconds:.2f} s",
        f"{report.sql_of_dispatch} SQL round trips",
    )
    row(
        "floor",
        f"{report.floor_seconds:.2f} s",
        f"{report.floor_rule}; the run took {report.over_floor:.2f} ×",
    )
    row(
        "one call at a time",
        f"{report.one_by_one_seconds:.1f} s",
        f"scaled from {report.one_by_one_calls} calls of {report.one_by_one_clients} clients",
    )
    row("faster than that", f"{report.ratio:.1f} ×", "")
    row(
        "API calls",
        str(report.api_calls),
        f"{report.api_calls / clients:.1f} a client; client_run says {report.api_calls_recorded}",
    )
    row(
        "API bytes",
        f"{report.api_bytes / MEGABYTE:.1f} MB",
        f"{report.api_bytes / clients / 1024:.0f} kB a client",
    )
    row(
        "SQL round trips",
        str(report.sql_round_trips),
        f"{report.sql_per_client:.1f} a client, without dispatch",
    )
    for part, seconds in report.cpu_seconds.items():
        row(f"CPU, {part}", f"{seconds:.2f} s", f"{1000 * seconds / clients:.0f} ms a client")
    row(
        "machine busy elsewhere",
        f"{report.elsewhere_percent:.0f} %",
        "0 on one that does nothing else",
    )
    memory = report.worker_megabytes
    row(
        "memory of a worker",
        f"{memory['peak']:.0f} MB",
        f"{memory['first']:.1f} MB after its first client, {memory['last']:.1f} after its last",
    )
    row(
        "in calls of SQS",
        f"{report.queue_seconds_workers:.1f} s",
        f"of all workers together; the runner {report.queue_seconds_runner:.1f} s",
    )
    out.print(table)


def print_dispatch(report: DispatchReport) -> None:
    """The same for a dispatch alone."""
    table = _table(f"dispatch of {report.clients} clients, queues by {report.queue_emulator}")
    table.add_row("jobs sent", str(report.dispatched), "")
    table.add_row(
        "seconds", f"{report.seconds:.2f} s", f"{report.queue_seconds:.1f} s in calls of SQS"
    )
    table.add_row("SQL round trips", str(report.sql_round_trips), "")
    table.add_row(
        "memory", f"{report.megabytes:.0f} MB", f"{report.megabytes_before:.0f} MB before"
    )
    out.print(table)


def print_cold_start(milliseconds: float, bundle: int | None) -> None:
    """What a cold start loads."""
    out.print(f"import app: {milliseconds:.0f} ms (median of 10)")
    if bundle is not None:
        out.print(f"Lambda bundle: {bundle / MEGABYTE:.1f} MB")


def print_profile(microseconds: Counter[Place]) -> None:
    """Where workers' CPU went: by part, then the functions that took most."""
    parts: Counter[tuple[str, ...]] = Counter()
    for (part, _), spent in microseconds.items():
        parts[part,] += spent
    total = parts.total() or 1
    out.print(_shares("CPU of the workers", ("part",), parts, total))
    most: dict[tuple[str, ...], int] = dict(microseconds.most_common(_FUNCTIONS))
    out.print(_shares("by function, its own alone", ("part", "function"), most, total))


def _shares(
    title: str, heads: tuple[str, ...], counts: Mapping[tuple[str, ...], int], total: int
) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head)
    table.add_column("share", justify="right")
    for names, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        table.add_row(*names, f"{100 * count / total:.1f} %")
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    return table
