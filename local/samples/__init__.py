"""One sample of every message, rendered from invented data: `SAMPLES`, by name.

docs/ shows them all, and tests hold each against its file in tests/unit/golden. After a wanted
change of a text: `python -m local.samples` rewrites these files, `python -m local.docs` the pages.
Read the difference before it goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from local.samples import groups, host, operators, recaps

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "unit" / "golden"

SAMPLES: Mapping[str, Callable[[], str]] = {
    **groups.SAMPLES,
    **operators.SAMPLES,
    **host.SAMPLES,
    **recaps.SAMPLES,
}
