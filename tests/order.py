"""The order of a run's tests: those of whole processes first, so that none runs alone at the end.

pytest-xdist gives each of its workers one piece of the list, and the rest to whichever is free. So
each piece begins with the long tests; apart from that, the order is pytest-randomly's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

_FLOORS = (
    ("/e2e/",),
    ("/integration/deploy/", "/integration/wa_session_host/", "/whatsapp/"),
    ("/integration/",),
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    floors = [[item for item in items if _floor(item) == floor] for floor in range(4)]
    pieces = zip(*(_pieces(floor, workers) for floor in floors), strict=True)
    items[:] = [item for piece in pieces for part in piece for item in part]


def _floor(item: pytest.Item) -> int:
    path = item.path.as_posix()
    found = (n for n, parts in enumerate(_FLOORS) if any(part in path for part in parts))
    return len(_FLOORS) if "/unit/" in path else next(found, len(_FLOORS))


def _pieces(items: Sequence[pytest.Item], number: int) -> Iterator[Sequence[pytest.Item]]:
    """Consecutive pieces, whose lengths differ by one at most."""
    for n in range(number):
        yield items[len(items) * n // number : len(items) * (n + 1) // number]
