"""The sandbox over HTTP, on 127.0.0.1 only.

One thread answers all connections: an answer that takes its time costs none of it.

Besides the two products' paths:
    PUT /_sandbox/now     {"now": "2026-02-20T17:00:00+07:00"}, or null for the real clock
    PUT /_sandbox/faults  a list of the fields of `faults.Fault`; replaces the earlier ones
    GET /_sandbox/stats   {"requests": {path: n}, "total": n, "statuses": {status: n},
                           "times": {"instagram": [seconds, ...], "tiktok": [seconds, ...]},
                           "bytes": n}
"""

import asyncio
import json
import math
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from pydantic_core import to_json

from local.sandbox.answer import Answer, Delivery
from local.sandbox.faults import FAULT_LIST
from local.sandbox.state import SandboxState
from local.sandbox.world import World

HOST = "127.0.0.1"
SERVER = "RapidAPI-1.2.8"
WAITING = 256  # connections that may wait to be accepted
DRIP_SECONDS = 0.1  # between two pieces of a slow body
LINGER_NOT = struct.pack("ii", 1, 0)  # closing discards what is left and resets the connection


class SandboxServer:
    """Listens from construction on; port 0 picks a free one. `serve_forever()` answers."""

    def __init__(self, world: World, latency_seconds: float = 0.0, port: int = 0) -> None:
        self.state = SandboxState(world, latency_seconds)
        self._socket = socket.create_server((HOST, port), backlog=WAITING)
        self._serving, self._ended = threading.Event(), threading.Event()
        self._end: Callable[[], object] = lambda: None

    @property
    def server_port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """What a RapidAPI host setting is set to."""
        return f"http://{HOST}:{self.server_port}"

    def serve_forever(self) -> None:
        """Returns after `shutdown()`."""
        try:
            asyncio.run(self._serve())
        finally:
            self._ended.set()

    def shutdown(self) -> None:
        """Ends `serve_forever`, which runs in another thread, and waits until it has."""
        self._serving.wait()
        self._end()
        self._ended.wait()

    async def _serve(self) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        self._end = lambda: loop.call_soon_threadsafe(end.set)
        await loop.create_server(lambda: _Connection(self.state), sock=self._socket)
        self._serving.set()
        await end.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@dataclass(frozen=True)
class _Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def keeps(self) -> bool:
        """Whether the connection stays open."""
        return self.headers.get("connection", "").lower() != "close"


class _Connection(asyncio.Protocol):
    """One connection; its requests are answered one after the other."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._unread = b""
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._answering is not None:
            self._answering.cancel()

    def _go_on(self) -> None:
        if self._answering is None and (request := self._next_request()):
            self._answering = asyncio.get_running_loop().create_task(self._handle(request))

    def _next_request(self) -> _Request | None:
        """The next request that has come as a whole."""
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if not end or len(parts) != 3:
            return None
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._unread = rest[length:]
        return _Request(parts[0], parts[1], headers, rest[:length])

    async def _handle(self, request: _Request) -> None:
        try:
            answer = self._answer(request)
            content = answer.body.encode() if isinstance(answer.body, str) else to_json(answer.body)
            if not request.target.startswith("/_sandbox/"):
                self._state.sent(len(content))
            whole = await self._send(answer, content)
        except BaseException:
            self._transport.abort()
            raise
        if not (whole and request.keeps):
            self._transport.close()
        self._answering = None
        self._go_on()

    def _answer(self, request: _Request) -> Answer:
        parts = urlsplit(request.target)
        if request.method == "PUT":
            return self._controlled(parts.path, request.body)
        if request.method != "GET":
            return Answer(501, {"message": f"no {request.method} here"})
        if parts.path == "/_sandbox/stats":
            return Answer(200, self._state.stats())
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        return self._state.answer(parts.path, params, request.headers.get("x-rapidapi-key", ""))

    def _controlled(self, path: str, body: bytes) -> Answer:
        try:
            self._control(path, json.loads(body))
        except (ValueError, TypeError, KeyError) as error:
            return Answer(400, {"message": str(error)})
        return Answer(200, {})

    def _control(self, path: str, body: Any) -> None:
        if path == "/_sandbox/now":
            now = body["now"]
            self._state.set_now(now and datetime.fromisoformat(now))
        elif path == "/_sandbox/faults":
            self._state.faults.replace(FAULT_LIST.validate_python(body))
        else:
            raise ValueError(f"no control {path}; there are /_sandbox/now and /_sandbox/faults")

    async def _send(self, answer: Answer, content: bytes) -> bool:
        """Whether it was sent as a whole, so that another may follow."""
        delivery = answer.delivery
        if delivery.delay_seconds:
            await asyncio.sleep(delivery.delay_seconds)
        if delivery.reset:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            self._transport.abort()
            return False
        if answer.status == 204:
            self._transport.write(_head(answer, None))
        elif delivery.body_seconds:
            self._transport.write(_head(answer, len(content)))
            await self._drip(content, delivery)
        else:
            sent = content[: int(len(content) * delivery.sent_share)]
            self._transport.write(_head(answer, len(content)) + sent)
        return delivery.sent_share == 1

    async def _drip(self, content: bytes, delivery: Delivery) -> None:
        sent = content[: int(len(content) * delivery.sent_share)]
        drips = max(1, min(len(sent), math.ceil(delivery.body_seconds / DRIP_SECONDS)))
        size = math.ceil(len(sent) / drips)
        for drip in range(drips):
            await asyncio.sleep(delivery.body_seconds / drips)
            self._transport.write(sent[drip * size : (drip + 1) * size])


def _head(answer: Answer, length: int | None) -> bytes:
    """Status line and headers."""
    headers = {"Server": SERVER, "Content-Type": "application/json", **answer.headers}
    if length is not None:
        headers["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
