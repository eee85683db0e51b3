"""What `python -m local bench` does: the run that is asked for, its table and its JSON."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from local.bench.cold_start import bundle_bytes, import_milliseconds
from local.bench.dispatch_bench import run_dispatch_bench
from local.bench.load import SLOT, Load
from local.bench.report import print_cold_start, print_dispatch, print_profile, print_slot
from local.bench.slot_bench import run_slot_bench
from local.sampler import samples
from local.show import summary_progress


def run(
    data: Path,
    options: Mapping[str, Any],
    dispatch_only: bool,
    package: bool,
    profile: bool,
    show: bool,
) -> dict[str, Any]:
    """Runs and, if it is to `show`, prints tables; answers the fields of `--json`."""
    load, note = Load(**options), Console(stderr=True)
    say = note.print
    if dispatch_only:
        report = run_dispatch_bench(load.clients, data, say)
        if show:
            print_dispatch(report)
        return report.as_dict()
    say("cold start")
    start, bundle = import_milliseconds(), bundle_bytes() if package else None
    with tempfile.TemporaryDirectory() as name, summary_progress(str(SLOT)) as progress:
        directory = Path(name) if profile else None
        slot = run_slot_bench(load, data, say, progress, directory)
        counts = samples(directory) if directory else None
    if show:
        print_slot(slot)
        print_cold_start(start, bundle)
        if counts:
            print_profile(counts)
    return slot.as_dict() | {"import_ms": round(start, 1), "bundle_bytes": bundle}
