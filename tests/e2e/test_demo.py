"""`python -m local demo`, as a newcomer sees it at a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import requests

from local.environment import own_environment

ROOT = Path(__file__).resolve().parents[2]


def until(terminal: int, text: str) -> str:
    """What the terminal shows, up to this text or the end."""
    shown = b""
    while text.encode() not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # Linux: nobody has the other end open any more
            break
    return shown.decode()


def test_the_demo_plays_four_slots_and_shows_the_day_until_it_is_stopped(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "local", "demo"],
        cwd=tmp_path,
        env=own_environment() | {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "dumb"},
        stdin=end,
        stdout=end,
        stderr=subprocess.PIPE,
    ) as run:
        os.close(end)
        played = until(terminal, "Ctrl-C ends it.")
        page = logged_in(played)
        run.send_signal(signal.SIGINT)
        farewell = until(terminal, "local psql")
        assert run.stderr is not None
        errors = run.stderr.read().decode()
    os.close(terminal)

    assert run.returncode == 0, errors
    for expected in (
        "16:30 WIB", "17:00 WIB", "20:58 WIB", "21:30 WIB",
        "CONTOH", "TELADAN", "DITLANTAS", "DITBINMAS", "MELATI", "ANGGREK",
        "DAFTAR TUGAS", "PERUBAHAN KONTEN", "Dihapus [Instagram]", "(input manual)",
        "akun atau konten tidak ditemukan: ANGGREK",
    ):  # fmt: skip
        assert expected in played, expected
    assert "Jumat, 20 Februari 2026" in page
    assert "local psql" in farewell
    assert (tmp_path / ".local/demo/postgres/PG_VERSION").exists()
    assert "Traceback" not in errors


def logged_in(shown: str) -> str:
    """The first page of the operators' window, with the address and the password that were
    shown."""
    address, password = (re.search(rf"{what} +(\S+)", shown) for what in ("address", "password"))
    assert address, shown
    assert password
    with requests.Session() as visitor:
        visitor.trust_env = False
        form = visitor.get(f"{address[1]}/login", timeout=60).text
        token = re.search(r'name="csrf" value="([^"]+)"', form)
        assert token
        login = {"csrf": token[1], "password": password[1]}
        return visitor.post(f"{address[1]}/login", login, timeout=60).text
