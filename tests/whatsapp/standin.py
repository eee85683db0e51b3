"""The stand-in for WhatsApp's server, scripted by a test, serving the real client library.

It runs in a thread of the test's process. Each client process lives in a network namespace of
its own (see `hook/standin_hook.py`) and hands over the listening socket that its proxy setting
points to, through a Unix socket in the stand-in's directory.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

from tests.whatsapp.binary import Jid
from tests.whatsapp.certificates import noise_chain, tls
from tests.whatsapp.connection import Connection, Identity, Refused
from tests.whatsapp.dictionary import dictionary
from tests.whatsapp.hook.standin_hook import ADDRESS, PORT
from tests.whatsapp.keys import KeyPair
from tests.whatsapp.script import AccountScript
from tests.whatsapp.session import Registration, Session
from tests.whatsapp.state import Arrival, Group, Outcome, World

PROXY_URL = f"http://127.0.0.1:{PORT}"
_HOOK = Path(__file__).parent / "hook"
_SECONDS = 30.0


class Standin:
    """Serves from `with` to its end; accounts and their devices are kept in `directory`.

    The path of `directory` must be short: it holds a Unix socket (107 bytes in all).
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._root = KeyPair.new()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="whatsapp-stand-in")
        self._changed = threading.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self._up = True
        self.world = World(directory / "accounts.json")
        self.sessions: dict[Jid, Session] = {}
        self.registrations: list[Registration] = []
        self.codes = 6
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        dictionary()
        authority, context = tls(self._directory)
        static = KeyPair.new()
        self._identity = Identity(context, static, noise_chain(self._root, static))
        self._authority = authority
        address = self._directory / "socket"
        address.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(address))
        self._socket.listen()
        self._socket.setblocking(False)
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    def environment(self) -> dict[str, str]:
        """What a process that loads the library needs on top of its own environment."""
        paths = [str(_HOOK), os.environ.get("PYTHONPATH", "")]
        return {
            ADDRESS: str(self._directory / "socket"),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "SSL_CERT_FILE": str(self._authority),
            "NEONIZE_BOT_TAG": "off",
            "WA_PROXY_URL": PROXY_URL,
        }

    # What the world looks like

    def account(self, number: str) -> AccountScript:
        """The account of a phone number (`62812…`), which then exists."""
        return AccountScript(self, self.world.account(Jid(number)))

    def add_group(self, jid: str, name: str, *members: str) -> Group:
        """A group with these phone numbers in it, the account's own among them."""
        group = Group(Jid.parse(jid), name, [Jid(member) for member in members])
        self.world.groups[group.jid] = group
        return group

    # What happens to messages

    def next_sends(self, *outcomes: Outcome) -> None:
        """What the next messages meet, one after the other; all later ones are acknowledged."""
        self.world.outcomes.extend(outcomes)

    @property
    def arrivals(self) -> list[Arrival]:
        """Every message as often as it reached the server, in order."""
        return list(self.world.arrivals)

    @property
    def texts(self) -> list[str | None]:
        """What arrived, in order, each message id once."""
        first = {arrival.id: arrival.text for arrival in reversed(self.world.arrivals)}
        return [first[id_] for id_ in dict.fromkeys(arrival.id for arrival in self.arrivals)]

    # What happens to the server

    def down(self) -> None:
        """Every connection breaks and no new one comes about, until `up`."""
        self._up = False
        self.do(lambda: [connection.abort() for connection in list(self._connections)])
        self.wait_for(lambda: not self.sessions)

    def up(self) -> None:
        self._up = True

    # For scripts

    def wait_for(self, condition: Callable[[], bool], seconds: float = _SECONDS) -> None:
        """Until it holds; `TimeoutError` names what the server saw go wrong, if anything."""
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise TimeoutError(f"not within {seconds} s; problems: {self.problems}")

    def do(self, step: Callable[[], object]) -> None:
        async def once() -> None:
            step()

        self.run(once())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # The server's thread

    async def _start(self) -> None:
        self._spawn(self._accept_clients())

    async def _stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept_clients(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._socket)
            self._spawn(self._serve_process(client))

    async def _serve_process(self, client: socket.socket) -> None:
        """One client process: its listening socket lives as long as the process does."""
        with client:
            client.setblocking(True)
            _, handles, _, _ = await asyncio.to_thread(socket.recv_fds, client, 1, 1)
            client.setblocking(False)
            listener = socket.socket(fileno=handles[0])
            server = await asyncio.start_server(self._serve, sock=listener)
            async with server:
                await self._loop.sock_sendall(client, self._root.public)
                await self._loop.sock_recv(client, 1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        if not self._up:
            connection.abort()
            return
        self._connections.add(connection)
        try:
            await connection.open(self._identity)
            await self._converse(connection)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Refused as refused:
            self.problems.append(str(refused))
        except Exception:  # noqa: BLE001 - whatever it was, the test must hear of it
            self.problems.append(traceback.format_exc())
        finally:
            self._connections.discard(connection)
            connection.close()
            self._notify()

    async def _converse(self, connection: Connection) -> None:
        if not connection.payload.username:
            registration = Registration(connection, self.codes)
            self.registrations.append(registration)
            try:
                await registration.run()
            finally:
                self.registrations.remove(registration)
            return
        account = self.world.account(Jid(str(connection.payload.username)))
        session = Session(self.world, account, connection, self._notify)
        if session.refused() is None:
            self.sessions[account.jid] = session
        try:
            await session.run()
        finally:
            if self.sessions.get(account.jid) is session:
                del self.sessions[account.jid]
