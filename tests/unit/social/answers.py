"""Answers of the two APIs for unit tests: recorded samples, a fake Api, a local HTTP server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from hypothesis import strategies as st

from chalicelib.social.http import Api
from chalicelib.social.judge import parse_response

SAMPLES = Path(__file__).parents[2] / "samples"
Json = dict[str, Any]
Read = TypeVar("Read")

FAR_OFF = 67768036191676800
"""An epoch beyond what the C library can turn into a date."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def sample(name: str) -> Json:
    """A recorded body, such as `tiktok/user_posts`."""
    return dict(json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8")))


class Answering(Api):
    """Answers these bodies in turn, the last one for ever; `asked` are the calls."""

    def __init__(self, *bodies: Json) -> None:
        super().__init__("api.invalid", "key")
        self._bodies = list(bodies)
        self.asked: list[tuple[str, Json]] = []

    def get(self, path: str, read: Callable[[Json], Read], **parameters: str | int) -> Read:
        self.asked.append((path, parameters))
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        return read(parse_response(path, 200, {}, json.dumps(body).encode()))


@dataclass(frozen=True)
class Answer:
    """What the server answers; `wait` is called first, and may hold the answer back."""

    status: int = 200
    body: bytes = b'{"ok": 1}'
    headers: dict[str, str] = field(default_factory=dict)
    wait: Callable[[], object] = lambda: None


@dataclass
class Server:
    """What a local server was asked. `connections` counts the sockets it accepted."""

    url: str
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """A server on 127.0.0.1 with these answers in turn, the last one for ever."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            seen.connections += 1

        def do_GET(self) -> None:
            seen.paths.append(self.path)
            seen.headers.append(dict(self.headers.items()))
            answer = left.pop(0) if len(left) > 1 else left[0]
            answer.wait()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with suppress(ConnectionError):  # the client may have gone: it need not wait
                self.wfile.write(answer.body)

        do_CONNECT = do_GET  # noqa: N815  what a proxy is asked for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        seen = Server(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()
