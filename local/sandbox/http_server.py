"""The sandbox over HTTP, on 127.0.0.1 only.

uvicorn with httptools serves it, on one thread: an answer that is delayed costs nothing while it
waits. On 100 clients (`python -m local bench`) that takes the same CPU, 1.1 ms a call, as a server
written by hand did.

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
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

import uvicorn
from pydantic_core import to_json
from starlette.datastructures import Headers
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.sandbox.answer import Answer, Delivery
from local.sandbox.faults import FAULT_LIST
from local.sandbox.state import SandboxState
from local.sandbox.world import World

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

HOST = "127.0.0.1"
SERVER = "RapidAPI-1.2.8"
WAITING = 256  # connections that may wait to be accepted
KEEP_ALIVE_SECONDS = 3600  # idle connections of workers stay open
DRIP_SECONDS = 0.1  # between two pieces of a slow body
LINGER_NOT = struct.pack("ii", 1, 0)  # closing discards what is left and resets the connection


class SandboxServer:
    """Listens from construction on; port 0 picks a free one. `serve_forever()` answers."""

    def __init__(self, world: World, latency_seconds: float = 0.0, port: int = 0) -> None:
        self._state = SandboxState(world, latency_seconds)
        self._socket = socket.create_server((HOST, port), backlog=WAITING)
        # Connections inherit it. asyncio sets it only on sockets whose protocol is named; without
        # it a body waits 40 ms for the receipt of its headers.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = self._make_server()

    @property
    def server_port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """What a RapidAPI host setting is set to."""
        return f"http://{HOST}:{self.server_port}"

    def serve_forever(self) -> None:
        """Returns after `stop()`, and in the main thread after SIGINT or SIGTERM."""
        self._server.run([self._socket])

    def stop(self) -> None:
        """Lets `serve_forever` return soon; requests under way get no answer."""
        self._server.should_exit = self._server.force_exit = True

    def _make_server(self) -> uvicorn.Server:
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        return uvicorn.Server(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def _serve(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        answer = self._answer(scope, await _body(receive))
        content = answer.body.encode() if isinstance(answer.body, str) else to_json(answer.body)
        if not scope["path"].startswith("/_sandbox/"):
            self._state.sent(len(content))
        if await _deliver(answer, content, send):
            return
        connection = scope["state"]["connection"]
        if answer.delivery.reset:
            linger = connection.get_extra_info("socket")
            linger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    def _answer(self, scope: "Scope", body: bytes) -> Answer:
        path = scope["path"]
        if scope["method"] == "PUT":
            return self._controlled(path, body)
        if scope["method"] != "GET":
            return Answer(501, {"message": f"no {scope['method']} here"})
        if path == "/_sandbox/stats":
            return Answer(200, self._state.stats())
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        return self._state.answer(path, params, Headers(scope=scope).get("x-rapidapi-key", ""))

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


class _Protocol(HttpToolsProtocol):
    """Hands each request its connection, so that an answer can cut it off."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {"connection": transport}


async def _body(receive: "Receive") -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _deliver(answer: Answer, content: bytes, send: "Send") -> bool:
    """Whether the answer was sent as a whole; if not, the connection is to be cut off."""
    delivery = answer.delivery
    if delivery.delay_seconds:
        await asyncio.sleep(delivery.delay_seconds)
    if delivery.reset:
        return False
    headers = {"Server": SERVER, "Content-Type": "application/json", **answer.headers}
    if answer.status != 204:
        headers["Content-Length"] = str(len(content))
    raw = Headers(headers).raw
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    whole = delivery.sent_share == 1
    if delivery.body_seconds:
        await _drip(content, delivery, send)
    else:
        sent = content[: int(len(content) * delivery.sent_share)]
        await send({"type": "http.response.body", "body": sent, "more_body": not whole})
    return whole


async def _drip(content: bytes, delivery: Delivery, send: "Send") -> None:
    sent = content[: int(len(content) * delivery.sent_share)]
    drips = max(1, min(len(sent), math.ceil(delivery.body_seconds / DRIP_SECONDS)))
    size = math.ceil(len(sent) / drips)
    for drip in range(drips):
        await asyncio.sleep(delivery.body_seconds / drips)
        piece = sent[drip * size : (drip + 1) * size]
        more = drip + 1 < drips or delivery.sent_share < 1
        await send({"type": "http.response.body", "body": piece, "more_body": more})
