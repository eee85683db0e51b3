"""A whole host in this process over the unmodified neonize, and what became of its messages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from local.environment import environment
from tests.forks.forks import forked
from tests.integration.tables import Tables
from tests.integration.wa_session_host.hosting import QUICK, hosting
from tests.integration.waiting import wait_until
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.host import Host, Overrides
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot, Times

TIMES = Times(tick=0.05, ping=1.0, backoff=0.2, replaced_retry=0.5)
OPERATORS = "admin_alert"


@contextmanager
def running(
    values: dict[str, str],
    standin: Standin,
    times: Times = TIMES,
    send_seconds: float = 120.0,
    command: Sequence[str] | None = None,
) -> Iterator[Host]:
    """A host whose children, forked unless there is a `command`, find the stand-in."""
    child = command or forked("wa_session_host.child")
    parts = Overrides(child, times, QUICK, send_seconds=send_seconds, pause_seconds=0.5)
    with environment(values | standin.environment()), hosting(dict(os.environ), parts) as host:
        yield host


def session_of(host: Host) -> Session:
    return host.sessions["gateway"]


def snapshot(host: Host) -> Snapshot:
    return session_of(host).snapshot


def pair(host: Host, account: AccountScript) -> None:
    """Scans the code that is shown, or the next one."""
    wait_until(lambda: snapshot(host).code is not None)
    account.scan(snapshot(host).code or "")
    wait_until(host.ready)


class Told:
    """The outbox: the test's own messages, and the alerts that the host wrote."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def statuses(self) -> list[str]:
        """Of the test's own messages, the oldest first."""
        return [row["status"] for row in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        ours = "SELECT * FROM wa_notification_outbox WHERE kind <> :alert ORDER BY outbox_id"
        return self._tables.run(ours, alert=OPERATORS)

    def finished(self, number: int) -> bool:
        """Whether so many messages need no further try."""
        over = [one for one in self.statuses() if one in ("sent", "dead_letter", "uncertain")]
        return len(over) == number

    def alerts(self) -> list[str]:
        """`wa-banned`, `wa-uncertain` and such, the oldest first."""
        keys = self._tables.values(
            "SELECT idempotency_key FROM wa_notification_outbox WHERE kind = :alert "
            "ORDER BY outbox_id",
            alert=OPERATORS,
        )
        return [key.split(":")[1] for key in keys]

    def alert(self) -> str:
        """The text of the one alert."""
        return str(
            self._tables.value(
                "SELECT message FROM wa_notification_outbox WHERE kind = :alert", alert=OPERATORS
            )
        )
