"""Free ports of 127.0.0.1, and servers started on them."""

import socket
from collections.abc import Callable

from local.services.process import ChildProcess, ServiceError

HOST = "127.0.0.1"
ATTEMPTS = 3


def free_port() -> int:
    """A port that nobody listens on; another process may still take it before the caller does."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def exchange(port: int, request: bytes) -> bytes:
    """The first bytes of the response, b"" if nobody listens yet."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(request)
            return connection.recv(256)
    except OSError:
        return b""


def start_on_free_port(
    start: Callable[[int], ChildProcess], fixed_port: int | None
) -> tuple[ChildProcess, int]:
    """Starts a server on the fixed port, or on a free one; tries another if that was just taken."""
    if fixed_port is not None:
        return start(fixed_port), fixed_port
    for _ in range(ATTEMPTS - 1):
        port = free_port()
        try:
            return start(port), port
        except ServiceError:
            continue
    port = free_port()
    return start(port), port
