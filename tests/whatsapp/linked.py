"""A stand-in with one account in one group, and a device that is linked to the account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    """With a group that the account is in and one that it is not in."""
    with Standin(directory) as server:
        server.add_group(GROUP, GROUP_NAME, NUMBER, MEMBER)
        server.add_group(OTHERS_GROUP, "Satker Lain", MEMBER)
        yield server
        assert not server.problems, "\n".join(server.problems)


def link(directory: Path) -> None:
    """Pairs a device by QR. Its store is `directory / STORE`, the stand-in knows it."""
    with stand_in(directory) as server, Driver(server, directory / STORE) as client:
        client.connect()
        server.account(NUMBER).scan(client.event("Qr")["code"])
        client.event("Connected")
