"""The sandbox's own process: serves until standard input closes, so it ends with its parent.

Reads a pickled (world, latency in seconds, port) from standard input and prints the port.
"""

import os
import pickle
import sys
import threading

from local.sandbox.http_server import SandboxServer


def main() -> None:
    """Serves until standard input closes."""
    world, latency_seconds, port = pickle.load(sys.stdin.buffer)  # noqa: S301 - from its parent
    with SandboxServer(world, latency_seconds, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.buffer.read()
        os._exit(0)  # a graceful end would take longer, for nothing


if __name__ == "__main__":
    main()
