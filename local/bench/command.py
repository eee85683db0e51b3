"""`python -m local bench`: runs what is asked for, and prints and records the results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from local.bench import history
from local.bench.cold_start import bundle_bytes, import_milliseconds
from local.bench.day_bench import run_day_bench
from local.bench.dispatch_bench import run_dispatch_bench
from local.bench.load import SLOT, Load
from local.bench.report import (
    print_cold_start,
    print_day,
    print_dispatch,
    print_profile,
    print_slot,
)
from local.bench.slot_bench import run_slot_bench
from local.profiler import profiles
from local.show import summary_progress


@dataclass(frozen=True)
class Wanted:
    """What to run and show, besides the load. `record` is a remark for the history."""

    day: bool = False
    dispatch_only: bool = False
    package: bool = False
    profile: bool = False
    record: str | None = None
    show: bool = True


def run(data: Path, load: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """Returns the fields of `--json`. Raises BadInput for an invalid load, SlotFailed."""
    asked, say = Load(**load), Console(stderr=True).print
    if wanted.day:
        day = run_day_bench(asked.clients, data, say)
        if wanted.show:
            print_day(day)
        return day.as_dict()
    if wanted.dispatch_only:
        report = run_dispatch_bench(asked, data, say)
        if wanted.show:
            print_dispatch(report)
        fields = report.as_dict()
    else:
        fields = _slot(data, asked, wanted, say)
    if wanted.record is not None:
        history.record(history.PAGE, fields, wanted.record)
    return fields


def _slot(data: Path, load: Load, wanted: Wanted, say: Callable[[str], None]) -> dict[str, Any]:
    say("cold start")
    milliseconds, bundle = import_milliseconds(), bundle_bytes() if wanted.package else None
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) if wanted.profile else None
        with summary_progress(str(SLOT)) as progress:
            report = run_slot_bench(load, data, say, progress, directory)
        counts = profiles(directory) if directory else None
    if wanted.show:
        print_slot(report)
        print_cold_start(milliseconds, bundle)
        if counts:
            print_profile(counts)
    return report.as_dict() | {"import_ms": round(milliseconds, 1), "bundle_bytes": bundle}
