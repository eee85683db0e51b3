"""TLS to PostgreSQL: what the URL says means the same to pg8000 and to the WhatsApp library.

Two servers: one that takes encrypted connections only, as RDS does, with a certificate of a private
authority for `localhost`, and one without TLS.
"""

from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.addresses import libpq_url
from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.errors import CiceroError
from local.services import EmbeddedPostgres
from tests.conftest import ROOT
from tests.integration.db.tls_server import tls_server
from tests.integration.tables import Tables
from wa_session_host.session.store import open_store

CASES = {
    "localhost tls": "",
    "localhost tls prefer": "",
    "localhost tls require": "",
    "localhost tls verify-ca ca": "",
    "localhost tls verify-full ca": "",
    "127.0.0.1 tls verify-ca ca": "",
    "localhost tls disable": r"wants TLS: no pg_hba.conf entry .*take sslmode=verify-full",
    "localhost tls verify-full": r"not trusted \(unable to get local issuer.*with sslrootcert",
    "localhost tls verify-full system": r"not trusted \(unable to get local issuer",
    "127.0.0.1 tls verify-full ca": r"not trusted \(IP address mismatch.*name the server as",
    "localhost plain": "",
    "localhost plain disable": "",
    "localhost plain require": r"offers no TLS\. DATABASE_URL: .*sslmode=disable",
    "localhost plain verify-full ca": r"offers no TLS",
}
"""Host, server, sslmode and sslrootcert, and what comes of it; "": a connection."""

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
LIBRARY = """
import json, sys
from tests.whatsapp.hook.standin_hook import load_magic
load_magic()
from neonize import client
log = client.func_callback_bytes2(client.log_whatsmeow)
urls = json.load(sys.stdin)
said = {case: client.gocode.GetAllDevices(url.encode(), log).decode() for case, url in urls.items()}
print(json.dumps(said))
"""


class Servers:
    """Where both servers listen, and the authority of the one with TLS."""

    def __init__(self, tls: int, plain: int, authority: Path) -> None:
        self._ports = {"tls": tls, "plain": plain}
        self._authority = authority

    def url(self, case: str) -> str:
        host, server, *asked = case.split()
        said = [
            f"sslrootcert={self._authority if one == 'ca' else one}" if key else f"sslmode={one}"
            for key, one in enumerate(asked)
        ]
        return f"postgresql://postgres@{host}:{self._ports[server]}/tls?{'&'.join(said)}"


@pytest.fixture(scope="module")
def servers(postgres: EmbeddedPostgres) -> Iterator[Servers]:
    without = postgres.create_database("tls")
    with tls_server() as (port, authority), relaying(without) as plain:
        yield Servers(port, plain, authority)


@contextmanager
def relaying(url: str) -> Iterator[int]:
    """A port of 127.0.0.1 that leads to a PostgreSQL's socket, where there is no TLS."""
    directory = parse_qs(urlsplit(url).query)["host"][0]

    class ToSocket(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as there:
                there.connect(f"{directory}/.s.PGSQL.5432")
                back = Thread(target=copy, args=(there, self.request))
                back.start()
                copy(self.request, there)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), ToSocket) as server:
        serving = Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


def copy(source: socket.socket, sink: socket.socket) -> None:
    """All that comes, and its end."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def said_by_the_library(servers: Servers) -> dict[str, str]:
    """{case: what the WhatsApp library says when it opens its store there}; "": nothing."""
    urls = {case: libpq_url(servers.url(case), search_path="public") for case in CASES}
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY],
        cwd=ROOT,
        input=json.dumps(urls),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_a_connection_is_encrypted_as_its_url_says(servers: Servers) -> None:
    for case, problem in CASES.items():
        with closing(Database(servers.url(case), reconnect_seconds=0)) as database:
            if problem:
                with pytest.raises(CiceroError, match=problem), database.transaction():
                    pass
            else:
                assert Tables(database).value(ENCRYPTED) is (" tls" in case), case


def test_the_whatsapp_library_gets_in_where_the_service_does(servers: Servers) -> None:
    said = said_by_the_library(servers)
    assert {case for case in CASES if said[case] == ""} == {
        case for case, problem in CASES.items() if problem == ""
    }, said


def test_a_session_store_and_a_migration_need_no_more_than_the_url(servers: Servers) -> None:
    url = servers.url("localhost tls verify-full ca")
    assert migrate(url)["from"] is None
    assert open_store("gateway", url, "").startswith(url.partition("?")[0])
