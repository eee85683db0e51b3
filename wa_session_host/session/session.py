"""One account's session: its thread, its inbox, and the life of its child process.

Everything that happens becomes an event: what the child reports (`reports`), what has taken too
long (`deadlines`), what other threads tell. The table in `states` says what each event means, and
the session carries it out, all on one thread. Other threads look at `snapshot`, which is replaced
and never modified.
"""

from __future__ import annotations

import logging
import queue
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread

from wa_session_host import protocol
from wa_session_host.session import states
from wa_session_host.session.backoff import Backoff
from wa_session_host.session.child_process import ChildProcess, Reply, gone, masked
from wa_session_host.session.deadlines import Deadlines
from wa_session_host.session.drain import SendGate
from wa_session_host.session.reports import ReportReader, pong_event
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import AlertKind, Child, Event, State

log = logging.getLogger(__name__)

_GRACE = 2.0
_KILLED = 5.0

Alert = Callable[[str, AlertKind, Snapshot], None]
Launch = Callable[[Callable[[protocol.Report], None], Callable[[], None]], ChildProcess]
"""Starts a child, given what to call with each of its reports and at its end. May raise."""


class Session:
    """Keeps the account connected while `owned()` says so. `start` once, `stop` once.

    `launch` and `alert` are called on the session's own thread.
    """

    def __init__(
        self,
        account: str,
        launch: Launch,
        owned: Callable[[], bool],
        alert: Alert,
        now: Callable[[], datetime],
        times: Times | None = None,
    ) -> None:
        self.account = account
        self.snapshot = Snapshot(account, "stopped", now())
        self.ticked = time.monotonic()
        self.thread = Thread(target=self._run, name=f"session {account}", daemon=True)
        self.sends = SendGate()
        """Drained before something that ends the child; a new child reopens it."""

        self._launch = launch
        self._owned = owned
        self._alert = alert
        self._now = now
        self.times = times = times or Times()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stopping = Flag()
        self._child: ChildProcess | None = None
        self._deadlines = Deadlines(times, self.ticked)
        self._start_at: float | None = None
        self._backoff = Backoff(times, random.uniform)
        self._reader = ReportReader(times)

    # --- what other threads call ----------------------------------------------------------------

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Disconnects and ends the child; kills it if it hangs."""
        self._stopping.set()
        self.thread.join()

    def ready(self) -> bool:
        """Whether a message can go out now."""
        open_for_sends = self.sends.open and not self._stopping.is_set()
        return open_for_sends and self.snapshot.consumes and self._owned()

    def ask(self, make: Callable[[int], protocol.Asked]) -> Reply:
        """Sends an order to the current child; the reply is ChildGone if there is none."""
        child = self._child
        return gone() if child is None else child.ask(make)

    def tell(self, event: Event, detail: str = "") -> None:
        """Puts an event into the inbox, for the session's own thread."""
        self._inbox.put(lambda: self._happened(event, detail))

    def note_sent(self, message_id: str) -> None:
        self._reader.note_sent(message_id)

    # --- the session's own thread ---------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._tick()
            try:
                act = self._inbox.get(timeout=self.times.tick)
            except queue.Empty:
                continue
            act()
        self._end_child(self.times.stop)

    def _tick(self) -> None:
        now = time.monotonic()
        self.ticked = now
        if not self._owned():
            self._happened("lease_lost")
            return
        self._happened("lease_held")
        if self._child is not None:
            self._watch(self._child, now)
        elif self._start_at is not None and now >= self._start_at:
            self._start_child()

    def _watch(self, child: ChildProcess, now: float) -> None:
        event = self._deadlines.due(now)
        if event is not None:
            self._happened(event)
        elif self._deadlines.ping_due(now):
            self._ping(child, now)
        if self._deadlines.settled(now):
            self._backoff.forget()

    def _ping(self, child: ChildProcess, now: float) -> None:
        self._deadlines.pinged = now
        pong = child.ask(lambda number: protocol.Ping(id=number))
        pong.add_done_callback(lambda done: self._inbox.put(lambda: self._pong(child, done)))

    def _pong(self, child: ChildProcess, done: Future[protocol.Value]) -> None:
        if child is not self._child or done.exception() is not None:
            return
        now = self._deadlines.heard = time.monotonic()
        self._deadlines.answered = True
        pong = protocol.Pong.model_validate(done.result())
        self.snapshot = replace(self.snapshot, link_up=pong.connected and pong.logged_in)
        event = pong_event(pong, self.snapshot.state, self._deadlines.codes_shown(now))
        if event is not None:
            self._happened(event)

    def _reported(self, child: ChildProcess, report: protocol.Report) -> None:
        if child is not self._child:
            return
        now = self._deadlines.heard = time.monotonic()
        if isinstance(report, protocol.Ended):
            log.warning("account %s: connect() ended (%s)", self.account, masked(report.error))
        self.snapshot, events = self._reader.read(report, self.snapshot, now, self._now())
        for event, detail in events:
            self._happened(event, masked(detail))

    def _happened(self, event: Event, detail: str = "") -> None:
        """Carries out what the table says."""
        reaction = states.react(self.snapshot.state, event, self.snapshot.barred_by)
        if event == "restart_asked":
            self._backoff.forget()
            self._reader.forget_replacements()
        if reaction.state is not None:
            self._enter(reaction.state, event, detail)
        if reaction.child is not Child.KEEP:
            self._plan(reaction.child)
            self._end_child(grace=0.0 if event == "lease_lost" else _GRACE)
        if reaction.alert is not None:
            self._alert(self.account, reaction.alert, self.snapshot)

    def _enter(self, state: State, event: Event, detail: str) -> None:
        before = self.snapshot.state
        if state != before or event not in ("qr", "keep_alive_timeout"):
            log.info("account %s: %s → %s (%s %s)", self.account, before, state, event, detail)
        self._deadlines.entered(state, event, time.monotonic())
        self.snapshot = self.snapshot.entered(state, event, detail, self._now())

    # --- the child's life -----------------------------------------------------------------------

    def _plan(self, child: Child) -> None:
        """Decides when the next child starts."""
        now = self._now()
        wait = self._backoff.wait(child, self.snapshot.banned_until, now)
        if child is Child.RESTART and self._backoff.should_alert:
            self._alert(self.account, "connection", self.snapshot)
        self._start_at = None if wait is None else time.monotonic() + wait
        start = None if wait is None else now + timedelta(seconds=wait)
        self.snapshot = replace(self.snapshot, next_start=start)

    def _start_child(self) -> None:
        child: ChildProcess  # assigned by the time the inbox's callbacks run, on this thread
        try:
            child = self._child = self._launch(
                lambda report: self._inbox.put(lambda: self._reported(child, report)),
                lambda: self._inbox.put(lambda: self._ended(child)),
            )
        except Exception as error:  # noqa: BLE001  the store is unavailable, or memory is short
            log.warning(
                "account %s: the session store does not open, or no child starts: %s",
                self.account,
                error,
            )
            self._plan(Child.RESTART)
            return
        self._deadlines = Deadlines(self.times, time.monotonic())
        self._reader.forget_sent()
        self.sends.reopen()
        self._start_at = None
        starts = self.snapshot.restarts + 1
        self.snapshot = replace(self.snapshot, pid=child.pid, restarts=starts, next_start=None)
        self._happened("child_started")

    def _ended(self, child: ChildProcess) -> None:
        if child is self._child:
            self._child = None
            self._happened("child_died")

    def _end_child(self, grace: float) -> None:
        """Stops sending first: `snapshot` says so before the child is told to end."""
        child, self._child = self._child, None
        self.snapshot = replace(self.snapshot, link_up=False, pid=None)
        if child is None:
            return
        child.stop()
        if not child.wait(grace):
            child.kill()
            child.wait(_KILLED)
