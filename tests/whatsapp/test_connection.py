"""One connection of the stand-in, without a client of the real library."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.whatsapp.binary import Dictionary
from tests.whatsapp.certificates import HOST
from tests.whatsapp.connection import Connection, Identity
from tests.whatsapp.keys import KeyPair


def test_a_connection_that_is_dropped_while_tls_begins_ends_as_any_other() -> None:
    asyncio.run(_dropped_while_tls_begins())


async def _dropped_while_tls_begins() -> None:
    identity = Identity(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), KeyPair.new(), b"")
    connections: asyncio.Queue[Connection] = asyncio.Queue()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.put_nowait(Connection(reader, writer, Dictionary([], [])))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        connection = await connections.get()
        opening = asyncio.create_task(connection.open(identity))
        writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        connection.abort()
        with pytest.raises(ConnectionError):
            await opening
        connection.close()
        await connection.closed()
        writer.close()
