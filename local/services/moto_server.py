"""AWS as moto plays it: SQS, SSM, EventBridge, Lambda, over HTTP on 127.0.0.1."""

import sys
from types import TracebackType
from typing import Self

from local.services.ports import HOST, exchange, start_on_free_port
from local.services.process import ChildProcess, ServiceError

START_SECONDS = 60.0


class MotoServer:
    """An empty AWS account; what is created in it is gone after `stop()`."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """The endpoint URL of every AWS service, the same from the first start on."""
        if self._port is None:
            raise ServiceError("moto has no port before its first start")
        return f"http://{HOST}:{self._port}"

    def start(self) -> Self:
        """Returns when moto answers; raises ServiceError with its log when it does not."""
        if self._process is None:
            self._process, self._port = start_on_free_port(_start, self._port)
        return self

    def stop(self) -> None:
        """Ends the server; a second call does nothing."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _start(port: int) -> ChildProcess:
    request = f"GET /moto-api/ HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode()
    process = ChildProcess(
        "moto", [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    )
    process.wait_until(lambda: exchange(port, request).startswith(b"HTTP/1."), START_SECONDS)
    return process
