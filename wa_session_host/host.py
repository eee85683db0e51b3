"""The host with real accounts: the lease, then a session and a consumer each, and the web page.

Threads: for each account one that supervises its session and one that consumes its messages; one
each that holds the lease, keeps the messages in hand hidden, writes alerts and serves the page.
The main thread waits.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

from chalicelib.errors import CiceroError
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from wa_session_host.alerts.alerts import Alerts
from wa_session_host.lease import Lease, LeaseTimes, Owner
from wa_session_host.metrics import Metrics
from wa_session_host.page import PageContext, PageServer
from wa_session_host.protocol import Connect, Report
from wa_session_host.sending.attempt import Attempt, Outcome
from wa_session_host.sending.consumer import Assignment, Consumer
from wa_session_host.sending.inflight import InHand, open_in_hand
from wa_session_host.sending.pacing import Limits, Pace
from wa_session_host.sending.transport import TransportError
from wa_session_host.sending.trouble import Trouble
from wa_session_host.session.child_process import CHILD, ChildProcess
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import AlertKind
from wa_session_host.session.store import open_store
from wa_session_host.session.transport import SEND_SECONDS, WhatsAppTransport

log = logging.getLogger(__name__)

BROKEN = 1
"""Exit code of a host that had a part end by itself."""

OWNED_ELSEWHERE = 3
"""Exit code of a strict host that found another owner."""

_LOOK_SECONDS = 0.2
_REPORT_SECONDS = 60.0
_ALIVE_SECONDS = 30.0


@dataclass(frozen=True)
class Overrides:
    """What tests replace: the child's command, all waiting times, who alerts."""

    command: Sequence[str] = CHILD
    times: Times = field(default_factory=Times)
    lease_times: LeaseTimes = field(default_factory=LeaseTimes)
    send_seconds: float = SEND_SECONDS
    pause_seconds: float = 5.0
    alerts: Callable[[Runtime], Alerts] = Alerts


class Host:
    """All parts of the host, from construction to the end of `run`."""

    def __init__(self, settings: Settings, overrides: Overrides | None = None) -> None:
        self.settings = settings
        self._overrides = overrides or Overrides()
        self._stop = Event()
        self._exit = 0
        self.runtime = Runtime(settings)
        self._runtimes: list[Runtime] = []
        accounts = dict.fromkeys([settings.gateway_wa_client_id, settings.wa_log_client_id or ""])
        self.accounts = [account for account in accounts if account]
        self.lease = Lease(
            settings.database_url,
            self.accounts,
            self._overrides.lease_times,
            on_other=self._owned_elsewhere,
        )
        self.sends = settings.wa_transport != "off"
        self.alerts = self._overrides.alerts(self._runtime_of_its_own())
        self.sessions = {account: self._session(account) for account in self.accounts}
        self.metrics = Metrics(self.sessions, self.lease.held)
        self._threads: list[Thread] = []
        self.in_hand: InHand | None = None
        self.page = PageServer(
            PageContext(
                settings,
                self.sessions,
                self.lease,
                self.metrics,
                self.runtime.now,
                self.alive,
                self.ready,
            )
        )

    def run(self, stopping: Callable[[], bool]) -> int:
        """Runs until `stopping()` and returns the exit code. Finishes what is being sent, and
        returns the rest to the queue."""
        self.alerts.start()
        self.page.start()
        self.lease.start()
        for session in self.sessions.values():
            session.start()
        self.in_hand = self._open_in_hand(stopping)
        self._threads = self._consume(self.in_hand) if self.in_hand and self.sends else []
        reported = time.monotonic()
        while not stopping() and not self._stop.is_set():
            self._stop.wait(_LOOK_SECONDS)
            if (dead := self._dead_parts()) and not self._stop.is_set():
                log.critical("%s ended by itself; the host ends, to be restarted", dead)
                self._exit = BROKEN
                break
            if time.monotonic() - reported > _REPORT_SECONDS:
                reported = time.monotonic()
                self._report_accounts()
        self._end()
        return self._exit

    def alive(self) -> bool:
        """Whether every part is running, whatever the state of the WhatsApp accounts."""
        oldest = time.monotonic() - _ALIVE_SECONDS
        turning = all(session.ticked > oldest for session in self.sessions.values())
        return turning and not self._dead_parts()

    def ready(self) -> bool:
        """Whether every account can send."""
        return all(session.ready() for session in self.sessions.values())

    def _session(self, account: str) -> Session:
        settings = self.settings

        def launch(on_report: Callable[[Report], None], on_end: Callable[[], None]) -> ChildProcess:
            store = open_store(account, settings.wa_auth_data_path, settings.database_url)
            connect = Connect(account=account, store=store, proxy_url=settings.wa_proxy_url)
            return ChildProcess(connect, on_report, on_end, self._overrides.command)

        return Session(
            account,
            launch,
            self.lease.held,
            self.alerts.session if self.sends else _tell_nobody,
            self.runtime.now,
            self._overrides.times,
        )

    def _open_in_hand(self, stopping: Callable[[], bool]) -> InHand | None:
        trouble = Trouble(self._stop)
        while not stopping() and not self._stop.is_set():
            try:
                return open_in_hand(self.runtime.queues, self.accounts, self.lease.held)
            except CiceroError as error:
                trouble.wait_out(error)
        return None

    def _consume(self, in_hand: InHand) -> list[Thread]:
        threads: list[Thread] = []
        for account, session in self.sessions.items():
            consumer = Consumer(
                self._runtime_of_its_own(),
                WhatsAppTransport(session, self._overrides.send_seconds),
                self._stop,
                in_hand=in_hand,
                assignment=Assignment(account, lambda: self.lease.tenure, self._pace()),
                on_try=self._tried,
            )
            threads.append(Thread(target=consumer.run, name=f"consumer {account}", daemon=True))
            threads[-1].start()
        return threads

    def _pace(self) -> Pace:
        settings = self.settings
        jitter = settings.wa_gap_jitter_percent / 100
        cap, pause = settings.wa_hourly_cap, self._overrides.pause_seconds
        return Pace(Limits(settings.wa_gap_seconds, jitter, cap, pause), random.uniform)

    def _runtime_of_its_own(self) -> Runtime:
        """With a database connection of its own, for one thread; SQS's client is shared."""
        runtime = Runtime(self.settings, queues=self.runtime.queues)
        self._runtimes.append(runtime)
        return runtime

    def _tried(self, attempt: Attempt, outcome: Outcome, error: TransportError | None) -> None:
        self.metrics.tried(attempt.message.session, outcome.status)
        self.alerts.tried(attempt, outcome, error)

    def _dead_parts(self) -> list[str]:
        """The names of threads that should be running and are not."""
        sessions = [session.thread for session in self.sessions.values()]
        threads = [*self._threads, *sessions, self.lease.thread, self.alerts.thread]
        if self.in_hand is not None:
            threads.append(self.in_hand.thread)
        return [thread.name for thread in threads if not thread.is_alive()]

    def _owned_elsewhere(self, owner: Owner) -> None:
        if self.settings.wa_strict_single_owner and not self._stop.is_set():
            log.critical(
                "account %s is owned by %s; WA_STRICT_SINGLE_OWNER is true, so this host ends",
                ", ".join(self.accounts),
                owner,
            )
            self._exit = OWNED_ELSEWHERE
            self._stop.set()

    def _report_accounts(self) -> None:
        """A line a minute for each account. The alarm on AWS counts those that cannot send, and a
        cut-over wants to see all of them ready."""
        for session in self.sessions.values():
            shot = session.snapshot
            if session.ready():
                log.info("account %s is ready%s", shot.account, "" if self.sends else ", sends off")
            else:
                since = f"{shot.since:%Y-%m-%dT%H:%M:%S%z}"
                log.warning("account %s is not ready: %s since %s", shot.account, shot.state, since)

    def _end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.in_hand is not None:
            self.in_hand.close()
        for session in self.sessions.values():
            session.stop()
        self.lease.stop()
        self.alerts.close()
        self.page.stop()
        for runtime in self._runtimes:
            runtime.db.close()
        self.runtime.close()


def _tell_nobody(account: str, kind: AlertKind, shot: Snapshot) -> None:
    """What becomes of alerts while nothing may be sent; the log and the page still show why."""
    log.error("not told, sends are off: account %s: %s (%s)", account, kind, shot.state)
