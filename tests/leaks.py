"""What a test leaves open fails that test, not whichever runs when the collector finds it.

An object that was left open warns when it is collected, and warnings are errors. So everything is
collected once the fixtures of a test, a module or a session have been torn down: the fixtures here
are set up before all others of their scope, and so end after them. An object that has outlived a
test is exempt from then on, which keeps this cheap; at the end of the session nothing is exempt.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


def pytest_collection_finish() -> None:
    _collect_and_exempt()


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    _collect_and_exempt()


@pytest.fixture(autouse=True, scope="module")
def nothing_left_open_by_the_module() -> Iterator[None]:
    yield
    _collect_and_exempt()


@pytest.fixture(autouse=True, scope="session")
def nothing_left_open_by_the_run() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()


def _collect_and_exempt() -> None:
    gc.collect()
    gc.freeze()
