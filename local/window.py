"""The operators' window of a local run: its port, its password, and waiting until it answers."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.whatsapp_settings import WhatsAppSettings
from local.running import try_lock
from local.services.ports import HOST, exchange, free_port
from wa_session_host.page.passwords import hash_password
from wa_session_host.page.users import ONLY_USER

_START_SECONDS = 30.0
_PORT: int = WhatsAppSettings.model_fields["wa_page_port"].default
_USERS = ("WA_PAGE_USERS", "WA_PAGE_PASSWORD_HASH")


@dataclass(frozen=True)
class LocalWindow:
    """`settings` are what the host needs to serve it; `password` is None if the run's own settings
    say who may log in."""

    settings: dict[str, str]
    port: int
    password: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str], data_dir: Path) -> LocalWindow:
        """For a run with this environment. A password that nobody set is made once and kept in the
        data directory."""
        given = environment.get("WA_PAGE_PORT")
        port = int(given) if given and int(given) else _port()
        settings = {"WA_PAGE_HOST": HOST, "WA_PAGE_PORT": str(port)}
        if any(environment.get(name) for name in _USERS):
            return cls(settings, port, None)
        password = _password(data_dir / "window-password")
        return cls(settings | {"WA_PAGE_PASSWORD_HASH": hash_password(password)}, port, password)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def login(self) -> str:
        """Address and password, in a line each."""
        password = self.password or "that of WA_PAGE_USERS or WA_PAGE_PASSWORD_HASH"
        return f"  address    {self.address}\n  password   {password}   (user {ONLY_USER})"

    def wait(self) -> bool:
        """Whether it answers, within half a minute."""
        request = f"GET /healthz HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode()
        until = time.monotonic() + _START_SECONDS
        while not (answered := exchange(self.port, request).startswith(b"HTTP/1.")):
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return answered


def _port() -> int:
    """The usual port, or any free one if it is taken or promised to another run."""
    if not _first_to_ask():
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, _PORT))
        except OSError:
            return free_port()
    return _PORT


@cache
def _first_to_ask() -> bool:
    """Whether the usual port is promised to this process; the promise ends with the process. A run
    asks long before its host listens: two that start together would both find the port free."""
    promise = Path(tempfile.gettempdir()) / f"cicero-window-{_PORT}-{os.getuid()}"
    return try_lock(promise) is not None


def _password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(9), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()
