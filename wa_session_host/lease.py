"""One owner per account: session advisory locks in PostgreSQL, held by a connection of their own.

A host owns all its accounts or none. What keeps two hosts from ever both sending:

- `held()` trusts a heartbeat for VALID seconds and no longer, whatever hangs meanwhile.
- The lock is released with its connection: at once when the process dies, and after a few seconds
  of TCP keep-alive when the machine does. `DATABASE_URL` must therefore reach PostgreSQL itself or
  a session pooler, not a transaction pooler.
- A host that gets the locks waits for SETTLE > VALID seconds before it starts anything: by then
  an owner that lost them without noticing (PostgreSQL was restarted) has stopped.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread

from chalicelib.db import Database
from chalicelib.errors import CiceroError
from chalicelib.lease_key import lock_of

log = logging.getLogger(__name__)

_NAME = "wa-host"


@dataclass(frozen=True)
class LeaseTimes:
    """Seconds."""

    beat: float = 1.0
    valid: float = 4.0
    settle: float = 6.0


@dataclass(frozen=True)
class Owner:
    """Who holds an account's lock, and since when that host has been running. None: PostgreSQL
    does not tell."""

    host: str
    pid: int | None
    since: datetime | None

    def __str__(self) -> str:
        since = f"{self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else "unknown"
        return f"host {self.host}, pid {self.pid or 'unknown'}, up since {since}"


class Lease:
    """The accounts' locks, kept by a thread from `start` to `stop`. That thread calls `on_other`
    when it finds that somebody else owns an account."""

    def __init__(
        self,
        database_url: str,
        accounts: Iterable[str],
        times: LeaseTimes | None = None,
        started: float | None = None,
        on_other: Callable[[Owner], None] = lambda owner: None,
    ) -> None:
        self._database = Database(database_url, reconnect_seconds=0)
        self._keys = {account: lock_of(account) for account in sorted(set(accounts))}
        self._times = times or LeaseTimes()
        since = time.time() if started is None else started
        self._name = f"{_NAME} {socket.gethostname()[:32]} {os.getpid()} {since:.2f}"
        self._good_until = 0.0
        self._stopping = Event()
        self.thread = Thread(target=self._run, name="lease", daemon=True)
        self.tenure = 0
        """Counts how often this host has become the owner."""

        self.other: Owner | None = None
        """Who owns an account that this host wants; None while nobody else does."""

        self._on_other = on_other

    def start(self) -> None:
        self.thread.start()

    def held(self) -> bool:
        """Whether this host owns its accounts now. Costs nothing; ask before every send."""
        return time.monotonic() < self._good_until

    def stop(self) -> None:
        """Releases the locks. Call when nothing is being sent any more."""
        self._stopping.set()
        self.thread.join()
        self._good_until = 0.0
        self._database.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._take_and_hold()
            except CiceroError as error:
                log.warning("the lease cannot be taken or kept: %s", error)
            self._good_until = 0.0
            self._database.close()
            self._stopping.wait(self._times.beat)

    def _take_and_hold(self) -> None:
        if not self._take():
            return
        self.tenure += 1
        log.info("the accounts' locks are held; starting in %g seconds", self._times.settle)
        settled = time.monotonic() + self._times.settle
        while not self._stopping.is_set():
            beat = time.monotonic()
            if not self._still_there():
                log.warning("the lease is lost")
                return
            if beat >= settled:
                self._good_until = beat + self._times.valid
            self._stopping.wait(self._times.beat)

    def _take(self) -> bool:
        """All locks or none."""
        with self._database.transaction() as tx:
            tx.run("lease.introduce", name=self._name)
            for key in self._keys.values():
                if not tx.run("lease.take", key=key)[0]["taken"]:
                    if owner := tx.first("lease.owner", key=key):
                        self._found(owner["name"])
                    return False
        self.other = None
        return True

    def _found(self, name: str | None) -> None:
        if name == self._name:
            log.warning("PostgreSQL has not noticed yet that this host's connection was lost")
            self.other = None
            return
        owner = _owner(name)
        if owner != self.other:
            log.warning("another host owns the account: %s", owner)
        self.other = owner
        self._on_other(owner)

    def _still_there(self) -> bool:
        with self._database.transaction() as tx:
            held = tx.run("lease.held", keys=list(self._keys.values()))[0]["held"]
        return bool(held == len(self._keys))


def _owner(name: str | None) -> Owner:
    """The owner from its connection's name; PostgreSQL hides it from other database users."""
    parts = (name or "").split(" ")
    if len(parts) != 4 or parts[0] != _NAME:
        return Owner("unknown", None, None)
    return Owner(parts[1], int(parts[2]), datetime.fromtimestamp(float(parts[3]), UTC))
