"""pg8000: how a connection is opened and encrypted, and what its errors mean."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chalicelib import addresses
from chalicelib.errors import CiceroError, ConfigurationError, DatabaseUnavailable
from chalicelib.tls import Tls, context

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
KEEPALIVE_SECONDS = 60
ANSWER_SECONDS = STATEMENT_SECONDS + CONNECT_SECONDS
_TLS_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])  # SSLRequest of PostgreSQL's protocol
_TLS_ONLY = ("no encryption", "SSL off")  # how a refusal ends, the second before version 14


def connect_arguments(url: str) -> dict[str, Any]:
    """The arguments of `connect` for a postgresql:// URL. `host=/dir` in its query is a socket
    directory.

    Raises ConfigurationError for a URL that the settings would refuse.
    """
    try:
        server = addresses.postgres(url)
    except ValueError as error:
        raise ConfigurationError(
            f"DATABASE_URL: {error}. Write it like postgresql://user:password@host:5432/name."
        ) from None
    arguments: dict[str, Any] = {
        "user": server.user,
        "password": server.password,
        "database": server.database,
        "timeout": ANSWER_SECONDS,
        "application_name": "cicero-fetch",
        "startup_params": {"TimeZone": "Asia/Jakarta"},
        "tls": server.tls,
    }
    if server.host.startswith("/"):
        return arguments | {"unix_sock": f"{server.host}/.s.PGSQL.{server.port}"}
    return arguments | {"host": server.host, "port": server.port}


def connect(factory: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Calls pg8000's `factory` with our own socket: pg8000 leaves its socket open if the server
    rejects a new connection, and loads the system's authorities even if TLS is only preferred."""
    arguments = dict(arguments)
    address, tls = arguments.pop("unix_sock", None), arguments.pop("tls")
    sock = _open_socket(address, arguments)
    try:
        if tls.mode != "disable":
            sock = _encrypted(sock, tls, arguments["host"])
        connection = factory(sock=sock, ssl_context=False, **arguments)
    except BaseException:
        sock.close()
        raise
    _read_moments_quickly(connection)
    return connection


def _read_moments_quickly(connection: Any) -> None:
    """pg8000 reads a moment with strptime, which takes fifty times as long."""
    from pg8000.converters import TIMESTAMP, TIMESTAMPTZ, timestamp_in, timestamptz_in

    def reader(otherwise: Callable[[str], Any]) -> Callable[[str], Any]:
        def read(text: str) -> Any:
            try:
                return datetime.fromisoformat(text)
            except ValueError:  # infinity, before Christ, after 9999
                return otherwise(text)

        return read

    connection.register_in_adapter(TIMESTAMP, reader(timestamp_in))
    connection.register_in_adapter(TIMESTAMPTZ, reader(timestamptz_in))


def _open_socket(address: str | None, arguments: Mapping[str, Any]) -> socket.socket:
    if address is None:
        target = arguments["host"], arguments["port"]
        sock = socket.create_connection(target, min(CONNECT_SECONDS, arguments["timeout"]))
        sock.settimeout(arguments["timeout"])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):  # a NAT gateway drops connections idle for 350 seconds
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        return sock
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(arguments["timeout"])
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _encrypted(sock: socket.socket, tls: Tls, host: str) -> socket.socket:
    """The socket with TLS started; the plain socket if TLS is only preferred and the server has
    none."""
    sock.sendall(_TLS_REQUEST)
    answer = sock.recv(1)
    if answer == b"S":
        try:
            return context(tls).wrap_socket(sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise DatabaseUnavailable(
                f"PostgreSQL's certificate is not trusted ({error.verify_message}). DATABASE_URL: "
                "name the server as its certificate does, and its authority with sslrootcert."
            ) from error
    if not answer:
        raise ConnectionResetError("the connection was closed when TLS was asked for")
    if tls.mode == "prefer":
        return sock
    raise DatabaseUnavailable(
        "PostgreSQL offers no TLS. DATABASE_URL: turn it on in the server, or take "
        "sslmode=disable instead."
    )


@contextmanager
def reading_errors() -> Iterator[None]:
    """Turns pg8000's errors into ours; their texts contain no parameter values."""
    from pg8000.exceptions import DatabaseError, InterfaceError

    try:
        yield
    except DatabaseError as error:
        details = error.args[0] if isinstance(error.args[0], dict) else {}
        code = str(details.get("C", "?????"))
        text = str(details.get("M", "unknown error")).split(': "')[0]  # what follows is a value
        if is_passing(error):
            raise DatabaseUnavailable(f"PostgreSQL is not available ({text}).") from error
        if code == "28000" and text.endswith(_TLS_ONLY):
            raise CiceroError(
                f"PostgreSQL wants TLS: {text}. DATABASE_URL: take sslmode=verify-full instead."
            ) from error
        raise CiceroError(f"PostgreSQL refused a statement: {text} ({code}).") from error
    except (InterfaceError, OSError) as error:
        raise DatabaseUnavailable(
            f"PostgreSQL cannot be reached ({error}). Check DATABASE_URL and the server."
        ) from error


def is_passing(error: BaseException) -> bool:
    """Whether a new connection may work a moment later: no network, starting up, shutting down,
    after a failover a server that is now read-only (SQLSTATE 25006), or a prepared statement that
    the session has lost (26000) or that a migration has given other columns."""
    if isinstance(error, network_errors()):
        return True
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    outdated = details.get("R") == "RevalidateCachedQuery"
    return outdated or str(details.get("C", "")).startswith(("57P", "53", "25006", "26000"))


def network_errors() -> tuple[type[Exception], ...]:
    from pg8000.exceptions import InterfaceError

    return (InterfaceError, OSError)
