"""Finds out, over another connection, who keeps a session waiting, and logs it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self

from chalicelib.db.connection import Database, Row
from chalicelib.errors import CiceroError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Blocker:
    """A session that holds what another waits for. The query that it runs is not recorded."""

    wanted: str
    pid: int
    application: str
    state: str = field(compare=False)
    seconds: int | None = field(compare=False)

    def __str__(self) -> str:
        about = [self.application, self.state]
        if self.seconds is not None:
            about.append(f"for {self.seconds} s")
        known = ", ".join(filter(None, about))
        return f"{self.wanted}: session {self.pid}" + (f" ({known})" if known else "")


class Watch:
    """Checks every `seconds` who keeps the session `pid` waiting, for as long as the `with` block
    runs.

    `last`: the sessions seen last; it is kept after the wait has ended. If the database cannot be
    queried, nothing is logged but a debug line.
    """

    def __init__(self, url: str, pid: int, seconds: float) -> None:
        self.last: Sequence[Blocker] = ()
        self._database = Database(url, reconnect_seconds=0)
        self._pid = pid
        self._seconds = seconds
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                with self._database.transaction() as tx:
                    self._saw(tx.run("migrations.blockers", pid=self._pid))
            except CiceroError as error:
                log.debug("who blocks cannot be asked: %s", error)

    def _saw(self, rows: Sequence[Row]) -> None:
        found = tuple(Blocker(**row) for row in rows)
        if found and found != self.last:
            log.warning("the migration waits for %s", "; ".join(map(str, found)))
        self.last = found or self.last
