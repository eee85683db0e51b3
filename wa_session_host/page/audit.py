"""The audit log: who did what in the window, when, to what, and what came of it.

No phone number, password or message text goes into it. While PostgreSQL is down the entries wait
in this process, and the log has a line of each.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock

from chalicelib.db import Row
from chalicelib.errors import CiceroError
from wa_session_host.page.services import Services

log = logging.getLogger(__name__)

_MOST_WAITING = 1000
_LONGEST = 200


@dataclass(frozen=True)
class Entry:
    """One action. `target`: what it was done to, by id; `result`: `done`, `refused` or
    `failed`."""

    at: datetime
    actor: str
    action: str
    target: str
    result: str


class Audit:
    """Writes and reads the log."""

    def __init__(self, services: Services, now: Callable[[], datetime]) -> None:
        self._services = services
        self._now = now
        self._waiting: deque[Entry] = deque(maxlen=_MOST_WAITING)
        self._lock = Lock()

    def write(self, actor: str, action: str, target: str, result: str) -> None:
        """Records an action, with those that could not be recorded before. Raises nothing."""
        entry = Entry(self._now(), actor, action, target[:_LONGEST], result)
        log.warning("page: %s: %s %s: %s", actor, action, entry.target, result)
        with self._lock:
            self._waiting.append(entry)
            try:
                self._flush()
            except CiceroError as error:
                log.warning("the audit log waits: %s", error)

    def page(self, search: str, most: int, skipped: int) -> tuple[list[Row], int]:
        """The newest entries first, and how many there are in all; `search` is part of an actor's
        name, an action or a target. Raises CiceroError."""
        like = f"%{search.replace('%', '').replace('_', '')}%"
        with self._services.looking() as runtime, runtime.db.transaction() as tx:
            rows = tx.run("operators.actions", like=like, most=most, skipped=skipped)
        return rows, rows[0]["total"] if rows else 0

    def _flush(self) -> None:
        with self._services.looking() as runtime, runtime.db.transaction() as tx:
            for entry in self._waiting:
                tx.run("operators.record_action", **asdict(entry))
        self._waiting.clear()
