"""A stand-in with one account in one group, and a device that is linked to the account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.whatsapp.driver import Driver
from tests.whatsapp.standin import Standin

NUMBER = "6281200000009"
MEMBER = "6281200000002"
GROUP = "120363000000000001@g.us"
GROUP_NAME = "Satker <b>Contoh</b>"
OTHERS_GROUP = "120363000000000002@g.us"
STORE = "store.sqlite"


@contextmanager
def stand_in(directory: Path) -> Iterator[Standin]:
    """A stand-in with a group that the account is in and one that it is not in."""
    with Standin(directory) as server:
        server.add_group(GROUP, GROUP_NAME, NUMBER, MEMBER)
        server.add_group(OTHERS_GROUP, "Satker Lain", MEMBER)
        yield server
        assert not server.problems, "\n".join(server.problems)


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the store of a device that was paired by QR, and the stand-in's record of
    it. For the conftest that imports it."""
    directory = tmp_path_factory.mktemp("linked")
    with stand_in(directory) as server, Driver(server, directory / STORE) as client:
        client.connect()
        server.account(NUMBER).scan(client.event("Qr")["code"])
        client.event("Connected")
    return directory
