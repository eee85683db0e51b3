"""The transport that prints: each message as its group would see it, and a journal.

The journal line counts as the delivery; it is on disk before the message is shown, so that a host
that was killed in between knows that it must not deliver again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TextIO

from wa_session_host.sending.transport import Outgoing

_RULE = "─" * 46


class ConsoleTransport:
    """Writes to `out`; the journal is `console.jsonl` in `directory`, made if it is missing."""

    def __init__(self, directory: Path, out: TextIO) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "console.jsonl"
        self._sent = self._read_journal()
        self._journal = self._open_journal()
        self._out = out

    def ready(self) -> bool:
        return True

    def send(self, message: Outgoing) -> str:
        message_id = hashlib.sha256(message.key.encode()).hexdigest()[:20].upper()
        entry = {"key": message.key, "id": message_id, "chat": message.chat}
        self._journal.write(json.dumps(entry) + "\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._sent.add(message.key)
        self._show(message)
        return message_id

    def was_sent(self, message: Outgoing) -> bool:
        return message.key in self._sent

    def close(self) -> None:
        self._journal.close()

    def _show(self, message: Outgoing) -> None:
        lines = [f"┌─ {message.chat} {_RULE}"[:60], *message.text.splitlines()]
        if message.file is not None:
            lines.append(f"[{message.file.name}, {len(message.file.data)} byte]")
        self._out.write("\n│ ".join(lines) + f"\n└{_RULE}\n")
        self._out.flush()

    def _open_journal(self) -> TextIO:
        """Opens it at the start of a line, so that a line that was cut short spoils no other."""
        whole = not self._path.exists() or self._path.read_bytes()[-1:] in (b"", b"\n")
        journal = self._path.open("a", encoding="utf-8")
        journal.write("" if whole else "\n")
        return journal

    def _read_journal(self) -> set[str]:
        """The keys of all complete lines; a line that a kill cut short was not delivered."""
        if not self._path.exists():
            return set()
        keys = set()
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                keys.add(json.loads(line)["key"])
            except (ValueError, KeyError, TypeError):
                continue
        return keys
