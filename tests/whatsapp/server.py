"""The server itself, in one event loop: client processes, their connections, who is logged in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from tests.whatsapp.binary import Dictionary, Jid
from tests.whatsapp.connection import Connection, HandshakeRefused, Identity, MediaWanted
from tests.whatsapp.session import REPLACED, Registration, Session
from tests.whatsapp.state import World

_SECONDS = 120.0


class Server:
    """Accepts client processes on a Unix socket; each brings the listening socket of its network.

    `changed` is called after everything that a script might wait for.
    """

    def __init__(
        self, world: World, identity: Identity, root: bytes, changed: Callable[[], None]
    ) -> None:
        self.world = world
        self.sessions: dict[Jid, Session] = {}
        self.registrations: list[Registration] = []
        self.codes = 6
        self._identity, self._root, self._changed = identity, root, changed
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._up = True

    async def serve(self, address: socket.socket) -> None:
        """Serves until `stop`."""
        loop = asyncio.get_running_loop()
        while True:
            process, _ = await loop.sock_accept(address)
            self.spawn(self._serve_process(process))

    async def stop(self) -> None:
        """Ends everything, including clients' connections, and returns once all is closed."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            self._drop_connections()
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(others, timeout=1)
        self._drop_connections()
        for connection in self._connections:
            await connection.closed()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def down(self) -> None:
        self._up = False
        self._drop_connections()

    def _drop_connections(self) -> None:
        for connection in self._connections:
            connection.abort()

    def up(self) -> None:
        self._up = True

    async def _serve_process(self, process: socket.socket) -> None:
        """Its listening socket lives as long as the process does."""
        loop = asyncio.get_running_loop()
        with process, contextlib.suppress(ConnectionError):
            listener, words = await _received(process)
            process.setblocking(False)

            def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                connection = Connection(reader, writer, words)
                self._connections.add(connection)
                self.spawn(self._serve(connection))

            async with await asyncio.start_server(serve, sock=listener):
                await loop.sock_sendall(process, self._root)
                await loop.sock_recv(process, 1)

    async def _serve(self, connection: Connection) -> None:
        """Serves until the connection's end; `stop` closes a connection whose task it cancels."""
        try:
            if not self._up:
                connection.abort()
                return
            await connection.open(self._identity)
            await self._converse(connection)
        except MediaWanted:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await connection.take_uploads(self.world.uploads)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except HandshakeRefused as refused:
            self.world.problems.append(str(refused))
        except Exception:  # noqa: BLE001 - whatever it was, the test must see it
            self.world.problems.append(traceback.format_exc())
        finally:
            connection.close()
            self._changed()
            await connection.closed()
            self._connections.discard(connection)

    async def _converse(self, connection: Connection) -> None:
        if not connection.payload.username:
            await self._register(connection)
            return
        account = self.world.account(Jid(str(connection.payload.username)))
        session = Session(self.world, account, connection, self._changed)
        failure = session.refused()
        if failure is not None:
            await session.refuse(failure)
            return
        before = self.sessions.pop(session.device, None)
        if before is not None:
            self.spawn(before.end(REPLACED))
        self.sessions[session.device] = session
        try:
            await session.run()
        finally:
            if self.sessions.get(session.device) is session:
                del self.sessions[session.device]

    async def _register(self, connection: Connection) -> None:
        registration = Registration(self.world, connection, self.codes, self._changed)
        self.registrations.append(registration)
        self._changed()
        try:
            await registration.run()
        finally:
            self.registrations.remove(registration)


async def _received(process: socket.socket) -> tuple[socket.socket, Dictionary]:
    receiving = asyncio.ensure_future(asyncio.to_thread(_receive, process))
    try:
        return await asyncio.shield(receiving)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            process.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(Exception):
            (await receiving)[0].close()
        raise


def _receive(process: socket.socket) -> tuple[socket.socket, Dictionary]:
    """What the hook in a client process sends first."""
    process.settimeout(_SECONDS)
    size, handles, _, _ = socket.recv_fds(process, 4, 1)
    if not handles:
        raise ConnectionError("the process ended too early")
    listener = socket.socket(fileno=handles[0])
    try:
        with process.makefile("rb") as stream:
            single, *double = json.loads(stream.read(int.from_bytes(size, "big")))
    except BaseException:
        listener.close()
        raise
    return listener, Dictionary(single, double)
