"""The operators' window of a local run: its port and its password."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from local.window import LocalWindow
from wa_session_host.page.passwords import is_right


def test_a_password_is_made_once_and_fits_its_hash(tmp_path: Path) -> None:
    first, second = (LocalWindow.of({}, tmp_path) for _ in range(2))
    assert first.password is not None
    assert first.password == second.password
    assert is_right(first.password, first.settings["WA_PAGE_PASSWORD_HASH"])
    assert (tmp_path / "window-password").stat().st_mode & 0o777 == 0o600
    assert first.password in first.login()


def test_whoever_may_log_in_by_the_settings_needs_no_other_password(tmp_path: Path) -> None:
    window = LocalWindow.of({"WA_PAGE_USERS": "x:operator:scrypt:a:b"}, tmp_path)
    assert (window.password, "WA_PAGE_PASSWORD_HASH" in window.settings) == (None, False)
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_set_is_used_and_a_taken_one_gives_way(tmp_path: Path) -> None:
    users = {"WA_PAGE_USERS": "x:operator:scrypt:a:b"}
    assert LocalWindow.of(users | {"WA_PAGE_PORT": "8123"}, tmp_path).port == 8123
    usual = LocalWindow.of(users, tmp_path).port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", usual))
        other.listen()
        assert LocalWindow.of(users, tmp_path).port != usual


def test_two_runs_that_start_together_get_two_ports() -> None:
    asks = "from local.window import _port; print(_port(), flush=True); input()"
    command = [sys.executable, "-c", asks]
    with (
        subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as one,
        subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other,
    ):
        assert one.stdout is not None
        assert other.stdout is not None
        ports = {one.stdout.readline(), other.stdout.readline()}
        one.communicate("\n")
        other.communicate("\n")
    assert len(ports) == 2
