"""`python -m tests.wa_child.child PORT`: speaks the host's pipe protocol, does as it is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from typing import Any

from wa_session_host import protocol
from wa_session_host.child import die_with_parent


class Child:
    def __init__(self, port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port))
        self._lock = threading.Lock()
        self._up = False
        self._connected = True

    def run(self) -> None:
        first = protocol.read_order(sys.stdin.readline())
        assert isinstance(first, protocol.Connect)
        self._say({"hello": first.account, "pid": os.getpid()})
        threading.Thread(target=self._listen, daemon=True).start()
        for text in sys.stdin:
            self._take(protocol.read_order(text))
        os._exit(0)

    def _take(self, order: protocol.Order) -> None:
        match order:
            case protocol.Ping():
                value = {"connected": self._connected, "logged_in": self._up}
                self._report(protocol.line(protocol.Answer(id=order.id, value=value)))
            case protocol.Send():
                self._report(protocol.line(protocol.Begun(id=order.id)))
                self._say({"send": order.id, "chat": order.chat, "text": order.text})
            case protocol.Stop():
                os._exit(0)
            case protocol.Connect():
                raise AssertionError("connect twice")
            case _:
                self._say({"ask": order.id, "what": order.order})

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
                answer = protocol.Answer(id=number, value=value, error=error)
                self._report(protocol.line(answer))
            case {"hang": _}:
                os.kill(os.getpid(), signal.SIGSTOP)
            case {"print": text}:
                self._report(text + "\n")
            case {"exit": code}:
                os._exit(code)

    def _report(self, line: str) -> None:
        with self._lock:
            sys.stdout.write(line)
            sys.stdout.flush()

    def _say(self, message: dict[str, Any]) -> None:
        self._sock.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    die_with_parent()
    Child(int(sys.argv[1])).run()
