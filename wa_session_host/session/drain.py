"""Counts the sends under way over a session's child, so that they can finish before it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition

from wa_session_host.protocol import Value
from wa_session_host.session.child_process import Reply, gone


class SendGate:
    """Open at first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._under_way = 0
        self.open = True

    def begin(self, ask: Callable[[], Reply]) -> Reply:
        """Returns `ask()`'s reply, or one of ChildGone while no send may begin."""
        with self._changed:
            if not self.open:
                return gone()
            self._under_way += 1
        reply = ask()
        reply.add_done_callback(self._ended)
        return reply

    def drain(self, seconds: float) -> bool:
        """Lets no send begin from now on, and waits up to `seconds` for those under way; returns
        whether they have ended."""
        with self._changed:
            self.open = False
            return self._changed.wait_for(lambda: not self._under_way, seconds)

    def reopen(self) -> None:
        """Sends may begin again."""
        with self._changed:
            self.open = True

    def _ended(self, _: Future[Value]) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()
