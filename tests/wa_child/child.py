"""`python -m tests.wa_child.child PORT`: speaks the host's pipe protocol, and follows its script.

It reads and writes the protocol's lines as plain JSON: a run starts hundreds of these processes,
and `wa_session_host.protocol` takes ten times as long to import as everything else.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import threading
from typing import Any

_PR_SET_PDEATHSIG = 1


class Child:
    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._lock = threading.Lock()
        self._up = False
        self._connected = True

    def run(self) -> None:
        first = json.loads(sys.stdin.readline())
        assert first["order"] == "connect"
        self._say({"hello": first["account"], "pid": os.getpid(), "host": os.getppid()})
        threading.Thread(target=self._listen, daemon=True).start()
        for text in sys.stdin:
            self._take(json.loads(text))
        os._exit(0)

    def _take(self, order: dict[str, Any]) -> None:
        match order:
            case {"order": "ping", "id": number}:
                self._answer(number, {"connected": self._connected, "logged_in": self._up})
            case {"order": "send", "id": number, "chat": chat, "text": text}:
                self._report(json.dumps({"report": "begun", "id": number}) + "\n")
                self._say({"send": number, "chat": chat, "text": text})
            case {"order": "stop"}:
                os._exit(0)
            case {"order": what, "id": number}:
                self._say({"ask": number, "what": what})
            case _:
                raise AssertionError("no order")

    def _listen(self) -> None:
        for text in self._sock.makefile(encoding="utf-8"):
            self._obey(json.loads(text))

    def _obey(self, message: dict[str, Any]) -> None:
        match message:
            case {"report": line}:
                self._report(line)
            case {"link": up}:
                self._up = up
            case {"connected": connected}:
                self._connected = connected
            case {"answer": number, "value": value, "error": error}:
                self._answer(number, value, error)
            case {"hang": _}:
                os.kill(os.getpid(), signal.SIGSTOP)
            case {"print": text}:
                self._report(text + "\n")
            case {"exit": code}:
                os._exit(code)

    def _answer(self, number: int, value: Any, error: str | None = None) -> None:
        answer = {"report": "answer", "id": number, "value": value, "error": error}
        self._report(json.dumps(answer) + "\n")

    def _report(self, line: str) -> None:
        with self._lock:
            sys.stdout.write(line)
            sys.stdout.flush()

    def _say(self, message: dict[str, Any]) -> None:
        self._sock.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    Child(int(sys.argv[1])).run()
