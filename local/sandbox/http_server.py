"""The sandbox over HTTP, one thread per connection, on 127.0.0.1 only.

Besides the two products' paths:
    PUT /_sandbox/now     {"now": "2026-02-20T17:00:00+07:00"}, or null for the real clock
    PUT /_sandbox/faults  a list of the fields of `faults.Fault`; replaces the earlier ones
    GET /_sandbox/stats   {"requests": {path: n}, "total": n, "statuses": {status: n},
                           "times": {"instagram": [seconds, ...], "tiktok": [seconds, ...]},
                           "bytes": n}
"""

import json
import math
import socket
import struct
import sys
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import to_json

from local.sandbox.answer import Answer, Delivery
from local.sandbox.faults import FAULT_LIST
from local.sandbox.state import SandboxState
from local.sandbox.world import World

HOST = "127.0.0.1"
SERVER = "RapidAPI-1.2.8"
DRIP_SECONDS = 0.1  # between two pieces of a slow body
LINGER_NOT = struct.pack("ii", 1, 0)  # closing discards what is left and resets the connection


class SandboxServer(ThreadingHTTPServer):
    """Listens from construction on; port 0 picks a free one. `serve_forever()` answers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, world: World, latency_seconds: float = 0.0, port: int = 0) -> None:
        self.state = SandboxState(world, latency_seconds)
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tells every error but that a client went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """What a RapidAPI host setting is set to."""
        return f"http://{HOST}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _reset = False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        state = self.server.state
        if parts.path == "/_sandbox/stats":
            self._send(Answer(200, state.stats()))
            return
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        key = self.headers.get("X-RapidAPI-Key", "")
        state.sent(self._send(state.answer(parts.path, params, key)))

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        try:
            self._control(urlsplit(self.path).path, json.loads(self.rfile.read(length)))
            self._send(Answer(200, {}))
        except (ValueError, TypeError, KeyError) as error:
            self._send(Answer(400, {"message": str(error)}))

    def finish(self) -> None:
        super().finish()
        if self._reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            self.connection.close()

    def _control(self, path: str, body: Any) -> None:
        if path == "/_sandbox/now":
            now = body["now"]
            self.server.state.set_now(now and datetime.fromisoformat(now))
        elif path == "/_sandbox/faults":
            self.server.state.faults.replace(FAULT_LIST.validate_python(body))
        else:
            raise ValueError(f"no control {path}; there are /_sandbox/now and /_sandbox/faults")

    def _send(self, answer: Answer) -> int:
        """Answers the size of the body."""
        delivery = answer.delivery
        time.sleep(delivery.delay_seconds)
        if delivery.reset:
            self._reset = self.close_connection = True
            return 0
        content = answer.body.encode() if isinstance(answer.body, str) else to_json(answer.body)
        if answer.status == 204:
            self.wfile.write(self._head(answer, None))
        elif delivery.sent_share < 1 or delivery.body_seconds:
            self.wfile.write(self._head(answer, len(content)))
            self._send_body(content, delivery)
        else:
            self.wfile.write(self._head(answer, len(content)) + content)
        return len(content)

    def _head(self, answer: Answer, length: int | None) -> bytes:
        """Status line and headers, to be sent in one piece with the body where that is whole."""
        headers = {"Server": SERVER, "Content-Type": "application/json", **answer.headers}
        if length is not None:
            headers["Content-Length"] = str(length)
        reason = self.responses.get(answer.status, ("",))[0]
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _send_body(self, content: bytes, delivery: Delivery) -> None:
        sent = content[: int(len(content) * delivery.sent_share)]
        self.close_connection = self.close_connection or len(sent) < len(content)
        drips = max(1, min(len(sent), math.ceil(delivery.body_seconds / DRIP_SECONDS)))
        size = math.ceil(len(sent) / drips)
        for drip in range(drips):
            time.sleep(delivery.body_seconds / drips)
            self.wfile.write(sent[drip * size : (drip + 1) * size])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing: the counters tell."""
