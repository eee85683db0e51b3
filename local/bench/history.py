"""The measured history in docs/performance.md: one line per run, the newest last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.slots import WIB

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
SLOTS, DISPATCHES = "### Slots", "### Dispatch"


def record(page: Path, report: Mapping[str, Any], remark: str) -> None:
    """Adds the report's line to its table on the page, dated today."""
    heading = SLOTS if "floor_seconds" in report else DISPATCHES
    cells = slot_cells(report) if heading == SLOTS else dispatch_cells(report)
    today = f"{datetime.now(WIB):%Y-%m-%d}"
    line = f"| {' | '.join((today, *cells, remark))} |"
    page.write_text(with_line(page.read_text("utf-8"), heading, line), "utf-8")


def with_line(text: str, heading: str, line: str) -> str:
    """The text with the line added to the first table under the heading. ValueError if there is
    no table."""
    lines = text.splitlines(keepends=True)
    places = iter(range(lines.index(f"{heading}\n"), len(lines)))
    first = next((place for place in places if lines[place].startswith("|")), None)
    if first is None:
        raise ValueError(f"no table under {heading}")
    after = next((place for place in places if not lines[place].startswith("|")), len(lines))
    return "".join([*lines[:after], f"{line}\n", *lines[after:]])


def slot_cells(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The run's numbers in the order of the table's columns."""
    cpu = sum(report["cpu_seconds"].values())
    memory = report["worker_megabytes"]
    return (
        f"{report['clients']:,}",
        str(report["workers"]),
        str(report["rate"] or "any"),
        f"{report['seconds']:.1f}",
        f"{report['floor_seconds']:.2f}",
        f"{report['over_floor']:.2f}",
        f"{report['ratio']:.1f}",
        f"{report['api_calls'] / report['clients']:.1f}",
        f"{report['sql_per_client']:.1f}",
        f"{1000 * report['cpu_seconds']['workers'] / report['clients']:.0f}",
        f"{1000 * report['one_by_one_cpu'] / report['clients']:.0f}",
        f"{1000 * cpu / report['clients']:.0f}",
        f"{report['elsewhere_percent']:.0f} %",
        f"{memory['first']:.0f} → {memory['last']:.0f}",
        f"{report['import_ms']:.0f}",
    )


def dispatch_cells(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for a dispatch."""
    return (
        f"{report['clients']:,}",
        f"{report['seconds']:.1f}",
        str(report["sql_round_trips"]),
        f"{report['megabytes']:.0f}",
    )
