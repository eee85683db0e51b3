"""SQS by fauxqs: true FIFO groups, redrive, and the same speed at any queue depth.

npx fetches the npm package, in a pinned version, at the first start on a machine. It needs Node 20.
Queues are kept in memory.
"""

from pathlib import Path
from typing import Self

from local.services.npm import fetch
from local.services.ports import HOST, exchange
from local.services.process import ChildProcess
from local.services.service import PortService

PACKAGE = "fauxqs@1.9.2"  # MIT; the newest that runs on Node 20
START_SECONDS = 30.0
SERVER = Path(__file__).with_name("fauxqs.mjs")


def fetch_fauxqs(offline: bool = False) -> Path:
    """The package's directory; fetched if it is missing, unless `offline`. Raises ServiceError if
    there is no npx, or npm does not answer."""
    return fetch(PACKAGE, offline)


class Fauxqs(PortService):
    """An empty SQS; what is in it is gone after `stop()`."""

    name = "fauxqs"

    def start(self) -> Self:
        """Returns when it answers; raises ServiceError if it cannot be fetched or started."""
        if self._process is None:
            self._directory = fetch_fauxqs()
        return super().start()

    def _launch(self, port: int) -> ChildProcess:
        request = f"GET /health HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode()
        command = ["node", str(SERVER), str(self._directory), str(port)]
        process = ChildProcess("fauxqs", command)
        process.wait_until(lambda: exchange(port, request).startswith(b"HTTP/1."), START_SECONDS)
        return process
