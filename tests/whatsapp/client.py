"""A child process with the unmodified library, controlled by JSON lines.

`python -m tests.whatsapp.client STORE` reads commands from standard input and writes events and
results to standard output; the library's own prints go to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from neonize import client as neonize_client
from neonize import events
from neonize.client import NewClient
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message
from neonize.utils.jid import build_jid

_OUT = os.fdopen(os.dup(1), "w", buffering=1)
_LOCK = threading.Lock()


def emit(**message: Any) -> None:
    with _LOCK:
        _OUT.write(json.dumps(message) + "\n")


class Client:
    """The library's client with every event written out."""

    def __init__(self, store: Path) -> None:
        self._client = NewClient(str(store))
        self._client.event.qr(lambda _, code: emit(event="Qr", code=code.decode()))
        for kind in events.EVENT_TO_INT:
            if kind.DESCRIPTOR.name not in ("Device", "QR"):
                self._client.event(kind)(self._on_event)
        self._commands: dict[str, Callable[..., Any]] = {
            "connect": self._connect,
            "send": self._send,
            "pair_phone": lambda number: self._client.PairPhone(number, True),
            "groups": lambda: [group.GroupName.Name for group in self._client.get_joined_groups()],
            "group": lambda jid: self._client.get_group_info(_jid(jid)).GroupName.Name,
            "logout": self._client.logout,
            "state": lambda: [self._client.is_connected, self._client.is_logged_in],
        }

    def run(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            threading.Thread(target=self._do, args=(request,), daemon=True).start()
        os._exit(0)

    def _do(self, request: dict[str, Any]) -> None:
        started = time.monotonic()
        try:
            value = self._commands[request["do"]](*request["args"])
            error = None
        except Exception as problem:  # noqa: BLE001 - for the test to judge
            value, error = None, f"{type(problem).__name__}: {problem}"
        seconds = round(time.monotonic() - started, 3)
        emit(answer=request["id"], value=value, error=error, seconds=seconds)

    def _connect(self, proxy: str) -> None:
        self._client.connect(neonize_client.ProxySettings(proxy))

    def _send(self, to: str, text: str) -> str:
        return str(self._client.send_message(_jid(to), Message(conversation=text)).ID)

    def _on_event(self, _: NewClient, message: Any) -> None:
        emit(event=message.DESCRIPTOR.name, data=MessageToDict(message))


def _jid(text: str) -> Any:
    user, _, server = text.partition("@")
    return build_jid(user, server)


if __name__ == "__main__":
    os.dup2(2, 1)
    Client(Path(sys.argv[1])).run()
