"""A proxy in front of moto: it plays a brand-new account, and can stop a deployment at any call."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_READS = ("Get", "List", "Describe", "Filter")
_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_LIMITS = {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}}
_DENIED = "AccessDeniedException"
_OF_STACKS = ("CreateStack", "UpdateTerminationProtection", "DeleteStack")
_PROTECTION = (
    b"<UpdateTerminationProtectionResponse><UpdateTerminationProtectionResult/>"
    b"</UpdateTerminationProtectionResponse>"
)


class FunctionFailed(Exception):
    """What a function of the account raises."""


class Gate:
    """`changes` are the calls that change something, as "PutRule" or "PUT /path"; `bodies` are
    their contents. From the change `stop_at` on, counted from 1, all are refused. Functions are
    not run: `functions` gives their results."""

    def __init__(self, upstream: str, functions: Callable[[str, Any], Any]) -> None:
        self.changes: list[str] = []
        self.bodies: list[bytes] = []
        self.stop_at: int | None = None
        self._protected: set[str] = set()
        self._upstream = urlsplit(upstream).netloc
        self._functions = functions
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return partial(gate.serve, self)
                raise AttributeError(name)

            def log_message(self, *_: Any) -> None:
                """Logs nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[Gate]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def stop(self, change: int | None) -> None:
        """Starts counting again, and refuses from this change on."""
        self.changes.clear()
        self.bodies.clear()
        self.stop_at = change

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        name = _name_of(request, body)
        if not name.startswith((*_READS, "GET", "HEAD")):
            self.changes.append(name)
            self.bodies.append(body)
            if self.stop_at is not None and len(self.changes) >= self.stop_at:
                _refuse(request, _DENIED, "stopped here")
                return
        if request.command == "PUT" and request.path.endswith("/concurrency"):
            _refuse(request, "InvalidParameterValueException", "too few are left unreserved")
        elif refusal := self._guard(name, body):
            _refuse(request, "ValidationError", refusal)
        elif name == "UpdateTerminationProtection":  # moto does not know it
            _send_bytes(request, 200, _PROTECTION, {"Content-Type": "text/xml"})
        elif "/account-settings" in request.path:
            _send(request, 200, _LIMITS)
        elif found := _INVOKE.fullmatch(urlsplit(request.path).path):
            self._invoke(request, found[1], json.loads(body))
        else:
            self._forward(request, body)

    def _guard(self, name: str, body: bytes) -> str:
        """Records which stacks are protected; returns why one cannot be deleted."""
        form = parse_qs(body.decode(errors="replace")) if name in _OF_STACKS else {}
        [stack] = form.get("StackName", [""])
        if form.get("EnableTerminationProtection") == ["true"]:
            self._protected.add(stack)
        elif name == "UpdateTerminationProtection":
            self._protected.discard(stack)
        refused = name == "DeleteStack" and stack in self._protected
        return f"{stack} is protected from termination" if refused else ""

    def _invoke(self, request: BaseHTTPRequestHandler, name: str, event: Any) -> None:
        try:
            _send(request, 200, self._functions(name, event))
        except FunctionFailed as error:
            told = {"errorMessage": str(error)}
            _send(request, 200, told, {"X-Amz-Function-Error": "Unhandled"})

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        upstream = http.client.HTTPConnection(self._upstream, timeout=120)
        try:
            upstream.request(request.command, request.path, body, dict(request.headers))
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        skipped = ("transfer-encoding", "content-length", "connection")
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in skipped}
        _send_bytes(request, answer.status, content, kept)


def _name_of(request: BaseHTTPRequestHandler, body: bytes) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return target.rsplit(".", 1)[-1]
    if b"Action=" in body:
        return parse_qs(body.decode())["Action"][0]
    return f"{request.command} {urlsplit(request.path).path}"


def _refuse(request: BaseHTTPRequestHandler, code: str, text: str) -> None:
    error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    if "/s3/aws4_request" in request.headers.get("Authorization", ""):
        _send_bytes(request, 403, error.encode(), {"Content-Type": "application/xml"})
    elif request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        xml = f"<ErrorResponse>{error}</ErrorResponse>"
        _send_bytes(request, 403, xml.encode(), {"Content-Type": "text/xml"})
    else:
        told = {"__type": code, "message": text}
        _send(request, 400, told, {"x-amzn-ErrorType": code})


def _send(
    request: BaseHTTPRequestHandler,
    status: int,
    content: Any,
    headers: dict[str, str] | None = None,
) -> None:
    _send_bytes(request, status, json.dumps(content).encode(), headers or {})


def _send_bytes(
    request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str]
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
