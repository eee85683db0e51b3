"""The stand-in, and settings of a host whose account's device is linked already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.tables import Tables
from tests.integration.wa_session_host.real_library.hosting import Told
from tests.whatsapp.linked import NUMBER, STORE, linked, stand_in
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin

__all__ = ["linked"]
"""A fixture, too."""


@pytest.fixture
def standin(linked: Path, tmp_path: Path) -> Iterator[Standin]:
    directory = tmp_path / "standin"
    shutil.copytree(linked, directory)
    with stand_in(directory) as server:
        yield server


@pytest.fixture
def account(standin: Standin) -> AccountScript:
    return standin.account(NUMBER)


@pytest.fixture
def unlinked(values: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A host that starts from nothing."""
    return values | {"WA_AUTH_DATA_PATH": str(tmp_path / "no-sessions")}


@pytest.fixture
def values(values: dict[str, str], linked: Path, tmp_path: Path) -> dict[str, str]:
    """A host with a session store of the test's own."""
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    shutil.copy(linked / STORE, sessions / "gateway.sqlite3")
    return values | {"WA_AUTH_DATA_PATH": str(sessions)}


@pytest.fixture
def told(tables: Tables) -> Told:
    return Told(tables)
