"""A stand-in per test with one account in one group, and clients with the real library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.whatsapp.driver import Driver
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin

NUMBER = "6281200000001"
MEMBER = "6281200000002"
GROUP = "120363000000000001@g.us"
OTHERS_GROUP = "120363000000000002@g.us"


@contextmanager
def stand_in(directory: Path) -> Iterator[Standin]:
    """With a group that the account is in and one that it is not in."""
    with Standin(directory) as server:
        server.add_group(GROUP, "Satker Contoh", NUMBER, MEMBER)
        server.add_group(OTHERS_GROUP, "Satker Lain", MEMBER)
        yield server
        assert server.problems == []


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store that was paired by QR, and the stand-in's memory of it."""
    directory = tmp_path_factory.mktemp("linked")
    with stand_in(directory) as server, Driver(server, directory / "store.sqlite") as client:
        client.connect()
        server.account(NUMBER).scan(client.event("Qr")["code"])
        client.event("Connected")
    return directory


@pytest.fixture
def server(linked: Path, tmp_path: Path) -> Iterator[Standin]:
    """Knows the device of the store `tmp_path / "store.sqlite"`."""
    shutil.copytree(linked, tmp_path, dirs_exist_ok=True)
    with stand_in(tmp_path) as server:
        yield server


@pytest.fixture
def account(server: Standin) -> AccountScript:
    return server.account(NUMBER)


@pytest.fixture
def client(server: Standin, tmp_path: Path) -> Iterator[Driver]:
    """Logged in."""
    with Driver(server, tmp_path / "store.sqlite") as client:
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
