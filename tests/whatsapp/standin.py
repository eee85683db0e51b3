"""The stand-in for WhatsApp's server, scripted by a test, serving the real client library.

It runs in a thread of the test's process. Each client process lives in its own network namespace
(see `hook/standin_hook.py`) and hands over the listening socket that its proxy setting points to.
"""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

from tests.whatsapp.binary import Jid
from tests.whatsapp.certificates import noise_chain, tls
from tests.whatsapp.connection import Identity
from tests.whatsapp.hook.standin_hook import ADDRESS, PORT
from tests.whatsapp.keys import KeyPair
from tests.whatsapp.script import AccountScript
from tests.whatsapp.server import Server
from tests.whatsapp.state import Arrival, Group, Reaction, World

PROXY_URL = f"http://127.0.0.1:{PORT}"
_HOOK = Path(__file__).parent / "hook"
_SECONDS = 120.0


class Standin:
    """Serves while its `with` block runs; accounts and their devices are kept in `directory`.

    `problems` must be empty at the end: it lists what a client asked that nothing here answers,
    and what broke in the server. Waiting methods raise `TimeoutError`.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.world = World(directory / "accounts.json")
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="whatsapp-stand-in")

    def __enter__(self) -> Self:
        self._files = tempfile.TemporaryDirectory(prefix="whatsapp-")
        self._authority, context = tls(Path(self._files.name))
        root, static = KeyPair.new(), KeyPair.new()
        identity = Identity(context, static, noise_chain(root, static))
        self.server = Server(self.world, identity, root.public, self._notify)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(Path(self._files.name) / "socket"))
        self._socket.listen()
        self._socket.setblocking(False)
        self._thread.start()
        self.do(lambda: self.server.spawn(self.server.serve(self._socket)))
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()
        self._files.cleanup()

    def environment(self) -> dict[str, str]:
        """What a process that loads the library needs besides its own environment."""
        paths = [str(_HOOK), os.environ.get("PYTHONPATH", "")]
        return {
            ADDRESS: str(self._socket.getsockname()),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "SSL_CERT_FILE": str(self._authority),
            "NEONIZE_BOT_TAG": "off",
            "WA_PROXY_URL": PROXY_URL,
        }

    # What exists

    def account(self, number: str) -> AccountScript:
        """The account of a phone number (`62812…`), created if necessary."""
        return AccountScript(self, self.world.account(Jid(number)))

    def add_group(self, jid: str, name: str, *numbers: str) -> Group:
        """Adds a group with these phone numbers, the account's own among them."""
        group = Group(Jid.parse(jid), name, [Jid(number) for number in numbers])
        self.world.groups[group.jid] = group
        return group

    def offer_codes(self, number: int) -> None:
        """How many QR codes a new client gets to show: 20 s each, the first of six 60 s."""
        self.server.codes = number

    # What happens to messages

    def next_sends(self, *outcomes: Reaction) -> None:
        """What happens to the next messages, one by one; all later ones are acknowledged."""
        self.world.outcomes.extend(outcomes)

    @property
    def arrivals(self) -> list[Arrival]:
        """Every message, each time that it reached the server, in order."""
        return list(self.world.arrivals)

    @property
    def texts(self) -> list[str | None]:
        """What the chats show: each message once, in order, without refused ones."""
        return [text for _, text in self._shown()]

    def texts_to(self, chat: str) -> list[str | None]:
        """What one chat shows."""
        return [text for to, text in self._shown() if to == chat]

    @property
    def problems(self) -> list[str]:
        return self.world.problems

    def _shown(self) -> list[tuple[str, str | None]]:
        accepted = [one for one in self.arrivals if not isinstance(one.outcome, int)]
        return list({one.id: (str(one.chat), one.text) for one in accepted}.values())

    # What happens to the server

    def down(self) -> None:
        """Every connection breaks and no new one succeeds, until `up`."""
        self.do(self.server.down)
        self.wait_for(lambda: not self.server.sessions)

    def up(self) -> None:
        self.do(self.server.up)

    # For scripts

    def wait_for(self, condition: Callable[[], object], seconds: float = _SECONDS) -> None:
        """Waits until it holds; checked whenever a client has done something."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(condition()), seconds):
                raise TimeoutError(f"not within {seconds} s; problems: {self.problems}")

    def do(self, step: Callable[[], object]) -> None:
        """Runs a step in the server's thread and waits for it."""

        async def once() -> None:
            step()

        self.run(once())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
