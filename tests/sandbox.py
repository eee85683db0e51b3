"""The sandbox on a thread of the test process, which has imported everything that it needs."""

from __future__ import annotations

from threading import Thread
from typing import Self

from local.sandbox import Sandbox
from local.sandbox.http_server import SandboxServer


class SandboxThread(Sandbox):
    """A `Sandbox` that costs no process. A process of its own is in the tests of `Sandbox`, and
    in those of the commands that start one."""

    _server: SandboxServer | None = None

    def start(self) -> Self:
        if self._server is None:
            self._server = SandboxServer(*self._settings, self._port)
            self._port = self._server.server_port
            self._thread = Thread(target=self._server.serve_forever, name="sandbox", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            with self._server as server:
                server.stop()
                self._thread.join()
            self._server = None
