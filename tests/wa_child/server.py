"""The scripted WhatsApp that children log in to: accepts sends, and makes things happen."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from wa_session_host import protocol

Reaction = str | None | Callable[["Login", "Sent"], str | None]
"""The outcome of a send: an error text, None for success, or a function that decides."""

SILENCE = "silence"


def child_command(port: int) -> tuple[str, ...]:
    """The command line of a child of the scripted WhatsApp on that port."""
    return (sys.executable, "-m", "tests.wa_child.child", str(port))


@dataclass(frozen=True)
class Sent:
    """A message that reached the scripted WhatsApp."""

    account: str
    chat: str
    text: str


class Login:
    """One child's connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self.account = ""
        self.pid = 0
        self.host = 0
        self.up = False

    def tell(self, message: dict[str, Any]) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._sock.sendall(json.dumps(message).encode() + b"\n")

    def report(self, report: protocol.Report) -> None:
        """Makes the child report this."""
        self.tell({"report": protocol.line(report)})

    def happen(self, event: Any, code: str = "", seconds: int = 0) -> None:
        self.report(protocol.Happened(event=event, code=code, seconds=seconds))

    def link(self, up: bool) -> None:
        """Makes the child say whether it is connected and logged in."""
        self.up = up
        self.tell({"link": up})

    def cut(self) -> None:
        """Makes the child say that it has no connection, without any event about it."""
        self.tell({"connected": False})

    def connect(self) -> None:
        self.link(True)
        self.happen("connected")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class Scripted:
    """Listens on 127.0.0.1. A paired account connects by itself; a second login of the same
    account replaces the first, as WhatsApp does."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.paired = True
        self.codes: tuple[str, ...] = ("code-1", "code-2")
        self.groups: list[dict[str, Any]] = []
        self.refuses_logout = False
        self.logins: list[Login] = []
        self.sent: list[Sent] = []
        self.tried: list[Sent] = []
        self.outcomes: deque[Reaction] = deque()
        self.on_login: Callable[[Login], None] = self._welcome
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for login in self.logins:
            login.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def command(self) -> tuple[str, ...]:
        """The child's command line."""
        return child_command(self.port)

    def login(self, number: int = 0, seconds: float = PATIENCE_SECONDS) -> Login:
        """The login with that number, counted from 0; waits for it."""
        wait_until(lambda: len(self.logins) > number, seconds)
        return self.logins[number]

    def login_of(self, host: int) -> Login:
        """The first login of a child of the host with that process id; waits for it."""
        wait_until(lambda: bool(self.logins_of(host)))
        return self.logins_of(host)[0]

    def logins_of(self, host: int) -> list[Login]:
        return [login for login in self.logins if login.host == host]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        login = Login(sock)
        with sock, sock.makefile(encoding="utf-8") as lines, contextlib.suppress(OSError):
            for line in lines:
                self._take(login, json.loads(line))

    def _take(self, login: Login, message: dict[str, Any]) -> None:
        match message:
            case {"hello": account, "pid": pid, "host": host}:
                login.account, login.pid, login.host = account, pid, host
                self._replace(account)
                self.logins.append(login)
                self.on_login(login)
            case {"send": number, "chat": chat, "text": text}:
                self._decide(login, number, Sent(login.account, chat, text))
            case {"ask": number, "what": what}:
                value, error = self._answer(login, what)
                login.tell({"answer": number, "value": value, "error": error})

    def _replace(self, account: str) -> None:
        for other in self.logins:
            if other.account == account and other.up:
                other.link(False)
                other.happen("stream_replaced")

    def _welcome(self, login: Login) -> None:
        if self.paired:
            login.connect()
        else:
            for code in self.codes:
                login.report(protocol.Qr(code=code))

    def _decide(self, login: Login, number: int, sent: Sent) -> None:
        self.tried.append(sent)
        outcome = self.outcomes.popleft() if self.outcomes else None
        error = outcome(login, sent) if callable(outcome) else outcome
        if error == SILENCE:
            return
        if error is None:
            self.sent.append(sent)
        value = None if error else f"ID{len(self.sent)}"
        login.tell({"answer": number, "value": value, "error": error})

    def _answer(self, login: Login, what: str) -> tuple[Any, str | None]:
        match what:
            case "joined_groups":
                return self.groups, None
            case "group_info":
                return None, "you're not participating in that group"
            case "pair_phone":
                return "ABCD-EFGH", None
            case "logout" if not self.refuses_logout:
                self.paired = False
                login.link(False)
                return None, None
        return None, f"nothing known of {what}"
