"""One client's way in: HTTP proxy, TLS, websocket, frames, Noise; then stanzas both ways."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.whatsapp.binary import Dictionary, Node, decode, encode
from tests.whatsapp.certificates import HOST
from tests.whatsapp.keys import KeyPair
from tests.whatsapp.media import MEDIA_HOST, take_uploads
from tests.whatsapp.noise import Cipher, Handshake
from tests.whatsapp.protos import wa6

_PROLOGUE = b"WA\x06\x03"


class MediaWanted(Exception):
    """The client connects to the media host; what it sends now is HTTP."""


class HandshakeRefused(Exception):
    """The client asked for something that the real server would also refuse."""


@dataclass(frozen=True)
class Identity:
    """What every connection proves: the TLS context, and a certified Noise key."""

    tls: ssl.SSLContext
    static: KeyPair
    chain: bytes


class Connection:
    """Stanzas to and from one client; `static` and `payload` say who it claims to be."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: Dictionary
    ) -> None:
        self._reader, self._writer, self._words = reader, writer, words
        self._socket: socket.socket = writer.get_extra_info("socket")
        self._websocket = ServerProtocol(max_size=None)
        self._buffer = bytearray()
        self._incoming: Cipher
        self._outgoing: Cipher
        self.static = b""
        self.payload: Any = None

    async def open(self, identity: Identity) -> None:
        """Returns once the client has logged in or registered, depending on its payload. Raises
        MediaWanted if it wants the media host instead."""
        host = await self._proxy()
        await self._encrypt(identity.tls)
        if host == MEDIA_HOST:
            raise MediaWanted
        await self._upgrade()
        if await self._exactly(len(_PROLOGUE)) != _PROLOGUE:
            raise HandshakeRefused("unknown version of the protocol or its dictionary")
        handshake = Handshake(_PROLOGUE, identity.static, identity.chain)
        await self._send_frame(handshake.hello(await self._frame()))
        self.static, payload = handshake.finish(await self._frame())
        self.payload = wa6.ClientPayload.FromString(payload)
        self._incoming, self._outgoing = handshake.ciphers()

    async def stanzas(self) -> AsyncIterator[Node]:
        """Yields until the client disconnects or the connection is closed."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                yield decode(self._incoming.decrypt(await self._frame()), self._words)

    async def send(self, *stanzas: Node) -> None:
        """Does nothing if the client has already disconnected."""
        with contextlib.suppress(ConnectionError, RuntimeError, InvalidState):
            for stanza in stanzas:
                await self._send_frame(self._outgoing.encrypt(encode(stanza)))

    async def take_uploads(self, uploads: dict[str, bytes]) -> None:
        """What MediaWanted asks for: keeps files until the client disconnects."""
        await take_uploads(self._reader, self._writer, uploads)

    def close(self) -> None:
        """Closes the socket once everything has been sent."""
        self._writer.close()

    def abort(self) -> None:
        """Drops the socket at once, without notice."""
        self._writer.transport.abort()

    async def closed(self) -> None:
        """Returns once the socket is closed, after `close` or `abort`."""
        while self._socket.fileno() != -1:  # noqa: ASYNC110 - nothing else shows it in every case
            await asyncio.sleep(0.01)

    async def _proxy(self) -> str:
        """The host that the client wants."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b" ", 2)
        host = target.decode().removesuffix(":443")
        if method != b"CONNECT" or host not in (HOST, MEDIA_HOST):
            self._writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            raise HandshakeRefused(f"{method.decode()} {target.decode()}")
        self._writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self._writer.drain()
        return host

    async def _encrypt(self, tls: ssl.SSLContext) -> None:
        """Raises ConnectionAbortedError if `abort` came in the middle.

        asyncio's streams then fail with AttributeError, and leave the writer without a transport
        (`loop.start_tls` returns None: CPython 3.11 to 3.13).
        """
        transport = self._writer.transport
        try:
            await self._writer.start_tls(tls)
        except AttributeError as error:
            self._writer._transport = transport  # type: ignore[attr-defined]
            raise ConnectionAbortedError from error

    async def _upgrade(self) -> None:
        while True:
            self._websocket.receive_data(await self._some())
            for event in self._websocket.events_received():
                if isinstance(event, Request):
                    self._websocket.send_response(self._websocket.accept(event))
                    await self._flush()
                    return

    async def _frame(self) -> bytes:
        size = int.from_bytes(await self._exactly(3), "big")
        return await self._exactly(size)

    async def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._websocket.receive_data(await self._some())
            await self._flush()
            for event in self._websocket.events_received():
                if isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.CONT):
                    self._buffer += event.data
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _some(self) -> bytes:
        data = await self._reader.read(1 << 16)
        if not data:
            raise asyncio.IncompleteReadError(data, 1)
        return data

    async def _send_frame(self, data: bytes) -> None:
        self._websocket.send_binary(len(data).to_bytes(3, "big") + data)
        await self._flush()

    async def _flush(self) -> None:
        for data in self._websocket.data_to_send():
            if data:
                self._writer.write(data)
        await self._writer.drain()
