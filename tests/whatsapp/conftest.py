"""A stand-in per test with one account in one group, and clients with the real library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whatsapp.driver import Driver
from tests.whatsapp.linked import NUMBER, STORE, linked, stand_in
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin

__all__ = ["linked"]
"""A fixture, too."""


@pytest.fixture
def server(linked: Path, tmp_path: Path) -> Iterator[Standin]:
    """A stand-in that knows the device of the store `tmp_path / STORE`."""
    shutil.copytree(linked, tmp_path, dirs_exist_ok=True)
    with stand_in(tmp_path) as server:
        yield server


@pytest.fixture
def account(server: Standin) -> AccountScript:
    return server.account(NUMBER)


@pytest.fixture
def client(server: Standin, tmp_path: Path) -> Iterator[Driver]:
    """A client that is logged in."""
    with Driver(server, tmp_path / STORE) as client:
        client.connect()
        client.event("Connected")
        yield client


@pytest.fixture
def new_client(server: Standin, tmp_path: Path) -> Iterator[Driver]:
    """A client that is not paired and shows its first QR code."""
    with Driver(server, tmp_path / "new.sqlite") as client:
        client.connect()
        client.event("Qr")
        yield client
