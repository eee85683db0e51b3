"""The results of a run, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.table import Table

from local.bench.day_bench import DayFigures
from local.bench.dispatch_bench import DispatchReport
from local.bench.meter import MEGABYTE
from local.bench.slot_report import SlotFigures
from local.profiler import Place
from local.show import out

_FUNCTIONS = 12

_PARTS = {
    "wait": "then until its first job",
    "fetch": "fetch_posts",
    "hand_over": "until its second job",
    "engagement": "refresh_engagement",
}

Cells = tuple[str, str, str]


def print_slot(report: SlotFigures) -> None:
    """One line per quantity, each with what it is measured against."""
    table = _table(
        f"{report.clients} clients, {report.workers} workers, {report.latency_ms:g} ms a call, "
        f"rate {report.rate or 'unlimited'}, queues by {report.queue_emulator}"
    )
    for cells in (*_seconds(report), *_calls(report), *_machine(report)):
        table.add_row(*cells)
    out.print(table)


def _seconds(report: SlotFigures) -> Iterator[Cells]:
    speed = f"{report.clients / report.seconds:.1f} clients/s"
    dispatch = f"{report.sql_of_dispatch} SQL round trips"
    floor = f"{report.floor_rule}; the run took {report.over_floor:.2f} ×"
    baseline = f"scaled from {report.one_by_one_calls} calls of {report.one_by_one_clients} clients"
    yield "clients done, failed", f"{report.done}, {report.failed}", ""
    yield "slot event → last client", f"{report.seconds:.2f} s", speed
    yield "  of it dispatch", f"{report.dispatch_seconds:.2f} s", dispatch
    for part, name in _PARTS.items():
        if part in report.parts:
            yield f"  {name}", f"{report.parts[part]:.2f} s", "mean of all clients"
    if report.message_seconds is not None:
        later = f"{report.message_seconds - report.seconds:.2f} s after the last client"
        yield "slot event → last message", f"{report.message_seconds:.2f} s", later
    yield "floor", f"{report.floor_seconds:.2f} s", floor
    yield "one call at a time", f"{report.one_by_one_seconds:.1f} s", baseline
    yield "faster than that", f"{report.ratio:.1f} ×", ""


def _calls(report: SlotFigures) -> Iterator[Cells]:
    calls = report.api_calls / report.clients
    kilobytes = report.api_bytes / report.clients / 1024
    recorded = f"{calls:.1f} a client; client_run says {report.api_calls_recorded}"
    yield "API calls", str(report.api_calls), recorded
    yield "API bytes", f"{report.api_bytes / MEGABYTE:.1f} MB", f"{kilobytes:.0f} kB a client"
    statements = f"{report.sql_per_client:.1f} a client, without dispatch"
    yield "SQL round trips", str(report.sql_round_trips), statements


def _machine(report: SlotFigures) -> Iterator[Cells]:
    for part, seconds in report.cpu_seconds.items():
        each = f"{1000 * seconds / report.clients:.0f} ms a client"
        yield f"CPU, {part}", f"{seconds:.2f} s", each
    plain = 1000 * report.one_by_one_cpu / report.clients
    yield "CPU, plain requests", f"{report.one_by_one_cpu:.2f} s", f"{plain:.0f} ms a client"
    idle = "0 on one that does nothing else"
    yield "machine busy elsewhere", f"{report.elsewhere_percent:.0f} %", idle
    memory = report.worker_megabytes
    grown = f"{memory['first']:.1f} MB after its first client, {memory['last']:.1f} after its last"
    yield "memory of a worker", f"{memory['peak']:.0f} MB", grown
    runner = f"of all workers together; the runner {report.queue_seconds_runner:.1f} s"
    yield "in calls of SQS", f"{report.queue_seconds_workers:.1f} s", runner


def print_dispatch(report: DispatchReport) -> None:
    """The same for a dispatch."""
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


def print_day(day: DayFigures) -> None:
    """The calls of a day, what they brought, and what half of them bring."""
    table = _table(
        f"a day of {day.clients} clients: a full read takes {day.people_calls:.1f} calls a client, "
        f"{day.changed:.0%} of the counts change from slot to slot"
    )
    parts = f"{day.feeds:.1f} feeds, {day.lists:.1f} lists, {day.closing:.1f} of the closing read"
    apis = ", ".join(f"{name} {n:.1f}" for name, n in sorted(day.by_platform.items()))
    same = "as in a day that reads every list in every slot"
    for cells in (
        ("calls a client and day", f"{day.calls:.1f}", parts),
        ("  to each API", "", apis),
        ("by the rules before", f"{day.earlier:.1f}", "17:00 and slots without a fetch read all"),
        ("every list in every slot", f"{day.full:.1f}", ""),
        ("names at the end", f"{day.names:,}", same if day.names_equal else f"not {same}"),
        ("other tables", "equal" if day.tables_equal else "different", same),
        (
            "snapshots of half hours",
            f"{day.snapshots:,}",
            f"{day.differ:,} lack a name until later",
        ),
        ("half of the budget", f"{day.budget:,}", f"{day.half_calls:.1f} calls a client and day"),
        ("  names then", f"{day.half_names:.1%}", f"{day.half_names_at_night:.1%} at 21:58"),
        ("  17:00", "complete" if day.five_complete else "not complete", ""),
    ):
        table.add_row(*cells)
    out.print(table)


def print_cold_start(milliseconds: float, bundle: int | None) -> None:
    """What a cold start costs."""
    out.print(f"import app: {milliseconds:.0f} ms (median of 10)")
    if bundle is not None:
        out.print(f"Lambda bundle: {bundle / MEGABYTE:.1f} MB")


def print_profile(microseconds: Counter[Place]) -> None:
    """Where the workers' CPU went: by part, then the functions that took most."""
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
