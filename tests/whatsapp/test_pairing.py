"""Linking a device by QR and by phone code, and reconnecting without either."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.whatsapp.driver import Driver
from tests.whatsapp.linked import GROUP, MEMBER, NUMBER, STORE, stand_in
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin


def test_a_scanned_code_links_the_device(account: AccountScript, new_client: Driver) -> None:
    account.scan(new_client.event("Qr")["code"])
    assert new_client.event("PairStatus")["data"]["ID"]["User"] == NUMBER
    new_client.event("Connected")
    assert account.connected


def test_a_linked_device_comes_back_without_a_code(client: Driver) -> None:
    assert "Qr" not in client.events()
    assert client.call("state")["value"] == [True, True]


def test_a_new_stand_in_reads_on_where_the_one_before_ended(linked: Path, tmp_path: Path) -> None:
    shutil.copytree(linked, tmp_path, dirs_exist_ok=True)
    for text in ("Sebelum", "Sesudah"):
        with stand_in(tmp_path) as server, Driver(server, tmp_path / STORE) as client:
            client.connect()
            client.event("Connected")
            client.call("send", GROUP, text)
            assert server.texts == [text]


def test_a_device_that_logged_out_shows_a_code_again(
    server: Standin, client: Driver, tmp_path: Path
) -> None:
    assert client.call("logout")["error"] is None
    with Driver(server, tmp_path / STORE) as again:
        again.connect()
        again.event("Qr")


def test_two_accounts_have_sessions_of_their_own(
    server: Standin, client: Driver, new_client: Driver
) -> None:
    server.account(MEMBER).scan(new_client.event("Qr")["code"])
    new_client.event("Connected")
    client.call("send", GROUP, "Dari akun pertama")
    new_client.call("send", GROUP, "Dari akun kedua")
    assert [(arrival.sender.user, arrival.text) for arrival in server.arrivals] == [
        (NUMBER, "Dari akun pertama"),
        (MEMBER, "Dari akun kedua"),
    ]


def test_a_typed_code_links_the_device(
    server: Standin, account: AccountScript, new_client: Driver
) -> None:
    code = new_client.call("pair_phone", NUMBER)["value"]
    account.type_code(code)
    new_client.event("Connected")
    new_client.call("send", GROUP, "Tugas pertama")
    assert server.texts == ["Tugas pertama"]


def test_a_code_for_another_number_cannot_be_typed(server: Standin, new_client: Driver) -> None:
    new_client.call("pair_phone", NUMBER)
    with pytest.raises(LookupError):
        server.account(MEMBER).type_code("ABCD-1234")
