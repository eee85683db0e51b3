"""A scripted WhatsApp, and the settings and messages of a host that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from tests.conftest import RuntimeAt
from tests.wa_child.server import Scripted


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


@pytest.fixture
def values(service_environment: dict[str, str]) -> dict[str, str]:
    return service_environment | {
        "WA_TRANSPORT": "neonize",
        "WA_GAP_SECONDS": "0",
        "WA_PAGE_PORT": "0",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture
def real_writer(runtime_at: RuntimeAt) -> Runtime:
    """Writes and publishes at the real time, as Lambda does."""
    return runtime_at(datetime.now(WIB))
