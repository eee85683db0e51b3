"""The names of WhatsApp groups, as far as this host's accounts have seen them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock

from wa_session_host import protocol
from wa_session_host.session.session import Session

AGAIN_SECONDS = 3600.0


class GroupNames:
    """Remembers the groups that the accounts are in. `clock`: seconds that only grow."""

    def __init__(
        self, sessions: Mapping[str, Session], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._lock = Lock()
        self._names: dict[str, str] = {}
        self._next = 0.0

    def known(self) -> Mapping[str, str]:
        """Names by chat id. Never waits: every hour it asks each account that is connected,
        and the answer is there for a later page."""
        with self._lock:
            due = self._clock() >= self._next
            connected = [one for one in self._sessions.values() if _connected(one)] if due else []
            if connected:
                self._next = self._clock() + AGAIN_SECONDS
        for session in connected:
            asked = session.ask(lambda number: protocol.JoinedGroups(id=number))
            asked.add_done_callback(self._answered)
        return self._names

    def learn(self, groups: list[protocol.Group]) -> None:
        """What an account has just said about its groups."""
        with self._lock:
            self._names = {**self._names, **{group.id: group.name for group in groups}}

    def _answered(self, reply: Future[protocol.Value]) -> None:
        with suppress(Exception):  # an account that does not answer now is asked again later
            self.learn(protocol.GROUPS.validate_python(reply.result()))


def _connected(session: Session) -> bool:
    return session.snapshot.state == "connected"
