"""A stand-in per test with one account in one group, and clients with the real library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whatsapp.driver import Driver
from tests.whatsapp.linked import NUMBER, STORE, link, stand_in
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store that was paired by QR, and the stand-in's memory of it."""
    directory = tmp_path_factory.mktemp("linked")
    link(directory)
    return directory


@pytest.fixture
def server(linked: Path, tmp_path: Path) -> Iterator[Standin]:
    """Knows the device of the store `tmp_path / STORE`."""
    shutil.copytree(linked, tmp_path, dirs_exist_ok=True)
    with stand_in(tmp_path) as server:
        yield server


@pytest.fixture
def account(server: Standin) -> AccountScript:
    return server.account(NUMBER)


@pytest.fixture
def client(server: Standin, tmp_path: Path) -> Iterator[Driver]:
    """Logged in."""
    with Driver(server, tmp_path / STORE) as client:
        client.connect()
        client.event("Connected")
        yield client


@pytest.fixture
def new_client(server: Standin, tmp_path: Path) -> Iterator[Driver]:
    """Not paired, showing its first QR code."""
    with Driver(server, tmp_path / "new.sqlite") as client:
        client.connect()
        client.event("Qr")
        yield client
