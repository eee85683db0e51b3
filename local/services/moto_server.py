"""AWS by moto: SQS, SSM, EventBridge, Lambda, over HTTP on 127.0.0.1."""

import sys
from pathlib import Path

from local.services.ports import HOST, exchange
from local.services.process import ChildProcess
from local.services.service import PortService

MAIN = Path(__file__).with_name("moto_main.py")
START_SECONDS = 60.0


class MotoServer(PortService):
    """An empty AWS account; what is created in it is gone after `stop()`."""

    name = "moto"

    def _launch(self, port: int) -> ChildProcess:
        request = f"GET /moto-api/ HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode()
        process = ChildProcess(
            "moto", [sys.executable, "-P", str(MAIN), "-H", HOST, "-p", str(port)]
        )
        process.wait_until(lambda: exchange(port, request).startswith(b"HTTP/1."), START_SECONDS)
        return process
