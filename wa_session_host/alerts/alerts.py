"""What the operators are told of the account: rows of the outbox, like every other message.

An alert that the account is down cannot go out through that account: its row waits, and expires
after a day. So the page, the log, /metrics and the alarm on the log show the same. With a second
account for operators (WA_LOG_CLIENT_ID) it goes out at once.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from threading import Event, Thread

from chalicelib.errors import CiceroError
from chalicelib.outbox.publish import publish_messages
from chalicelib.reports.close import tell_operators
from chalicelib.runtime import Runtime
from wa_session_host.alerts import texts as alert_texts
from wa_session_host.sending.attempt import Attempt, Outcome
from wa_session_host.sending.transport import TransportError
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import AlertKind

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 5.0


class Alerts:
    """Writes alerts on its own thread, from `start` to `close`, so that nobody waits for
    PostgreSQL.

    One alert an hour for each account and kind of trouble, or for each account, outcome and cause
    of failed messages. An alert that cannot be written is retried.
    """

    def __init__(self, runtime: Runtime, thread: Callable[..., Thread] = Thread) -> None:
        self._runtime = runtime
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._stopping = Event()
        self.thread = thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def session(self, account: str, kind: AlertKind, shot: Snapshot) -> None:
        """Tells that an account is in trouble."""
        log.error("alert: account %s: %s (%s)", account, kind, shot.state)
        text = alert_texts.session(account, kind, shot, self._runtime.now())
        self._tell(f"wa-{kind}:{account}", text)

    def tried(self, attempt: Attempt, outcome: Outcome, error: TransportError | None) -> None:
        """Tells of a message that failed for good, or of which nobody knows whether it went out;
        of several in one hour, the first. Alerts themselves are left out."""
        if outcome.status not in ("dead_letter", "uncertain") or attempt.kind == "admin_alert":
            return
        log.error("alert: outbox row %d: %s", attempt.outbox_id, outcome.status)
        cause = alert_texts.cause(outcome.status, error)
        text = alert_texts.message(attempt, outcome.status, error, self._runtime.now())
        self._tell(f"wa-{outcome.status}:{cause}:{attempt.message.session}", text)

    def close(self) -> None:
        """Tries once more to write what is left, and ends."""
        self._stopping.set()
        self._inbox.put(None)
        self.thread.join()

    def _tell(self, key: str, text: str) -> None:
        now = self._runtime.now()
        self._inbox.put(lambda: self._write(f"{key}:{now:%Y-%m-%d-%H}", text))

    def _run(self) -> None:
        while (write := self._inbox.get()) is not None:
            while True:
                try:
                    write()
                    break
                except CiceroError as error:
                    log.warning("an alert waits: %s", error)
                    if self._stopping.wait(_AGAIN_SECONDS):
                        break

    def _write(self, key: str, text: str) -> None:
        runtime = self._runtime
        with runtime.db.transaction() as tx:
            rows = tell_operators(runtime, tx, runtime.now(), "admin_alert", key, text)
        publish_messages(runtime, rows)
