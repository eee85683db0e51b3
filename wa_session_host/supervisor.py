"""One account's session: its child process, its state, and what follows from each event.

All decisions are made on one thread, from an inbox of events, by the table in `states`. Whoever
wants to know looks at `snapshot`, which is replaced and never changed.
"""

from __future__ import annotations

import logging
import queue
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import Any

from wa_session_host import protocol, states
from wa_session_host.pipe import CHILD, ChildProcess, Reply, gone, masked
from wa_session_host.snapshot import Snapshot, Times
from wa_session_host.states import AlertKind, Child, Event, State

log = logging.getLogger(__name__)

_REMEMBERED_SENDS = 256  # the library keeps no more to answer retry receipts with
_LOUD_FAILURES = 5
_GRACE = 2.0
_KILLED = 5.0


Alert = Callable[[str, AlertKind, Snapshot], None]


class Session:
    """Keeps the account connected while `owned()` says so. `start` once, `stop` once.

    `connect()` makes the child's first order, on the session's thread; it may raise.
    """

    def __init__(
        self,
        account: str,
        connect: Callable[[], protocol.Connect],
        owned: Callable[[], bool],
        alert: Alert,
        now: Callable[[], datetime],
        command: Sequence[str] = CHILD,
        times: Times | None = None,
    ) -> None:
        self.account = account
        self.snapshot = Snapshot(account, "stopped", now())
        self._connect = connect
        self._owned = owned
        self._alert = alert
        self._now = now
        self._command = command
        self._times = times or Times()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stopping = Flag()
        self.thread = Thread(target=self._run, name=f"session {account}", daemon=True)
        self._child: ChildProcess | None = None
        self._child_since = 0.0
        self._heard = 0.0
        self._answered = False
        self._pinged = 0.0
        self._up_since: float | None = None
        self._down_since: float | None = None
        self._start_at: float | None = None
        self._failures = 0
        self._replaced_at: float | None = None
        self._code_until: float | None = None
        self._sent: deque[str] = deque(maxlen=_REMEMBERED_SENDS)
        self._undecryptable: deque[float] = deque()
        self.ticked = time.monotonic()

    # --- what other threads call ----------------------------------------------------------------

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Disconnects, ends the child and returns; a child that hangs is killed."""
        self._stopping.set()
        self.thread.join()

    def ready(self) -> bool:
        """Whether a message can go out now."""
        return self.snapshot.consumes and self._owned() and not self._stopping.is_set()

    def ask(self, make: Callable[[int], protocol.Asked]) -> Reply:
        """Sends an order to the child there is. ChildGone where there is none."""
        child = self._child
        return gone() if child is None else child.ask(make)

    def tell(self, event: Event, detail: str = "") -> None:
        """Puts an event into the inbox, for the session's own thread."""
        self._inbox.put(lambda: self._happened(event, detail))

    def note_sent(self, message_id: str) -> None:
        self._sent.append(message_id)

    # --- the session's own thread ---------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._tick()
            try:
                act = self._inbox.get(timeout=self._times.tick)
            except queue.Empty:
                continue
            act()
        self._end_child(self._times.stop)

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
        times, state = self._times, self.snapshot.state
        if now - self._heard > times.silent * (1 if self._answered else 2):
            self._happened("child_silent")
        elif state == "starting" and now - self._child_since > times.start:
            self._happened("start_too_long")
        elif self._code_until is not None and now > self._code_until + times.code_grace:
            self._happened("qr_expired")
        elif self._down_since is not None and now - self._down_since > times.offline:
            self._happened("offline_too_long")
        elif now - self._pinged > times.ping:
            self._ping(child, now)
        if self._up_since is not None and now - self._up_since > times.settled:
            self._failures = 0

    def _ping(self, child: ChildProcess, now: float) -> None:
        self._pinged = now
        pong = child.ask(lambda number: protocol.Ping(id=number))
        pong.add_done_callback(lambda done: self._inbox.put(lambda: self._pong(child, done)))

    def _pong(self, child: ChildProcess, done: Future[Any]) -> None:
        if child is not self._child or done.exception() is not None:
            return
        self._heard, self._answered = time.monotonic(), True
        answer = done.result()
        up = bool(answer["connected"] and answer["logged_in"])
        self._update(link_up=up)
        if up and self.snapshot.state == "reconnecting":
            self._happened("keep_alive_restored")
        elif not up and self.snapshot.state == "connected":
            self._happened("disconnected")

    def _reported(self, child: ChildProcess, report: protocol.Report) -> None:
        if child is not self._child:
            return
        self._heard = time.monotonic()
        match report:
            case protocol.Qr():
                self._show(report.code)
            case protocol.Happened():
                self._library_says(report)
            case protocol.RetryReceipt():
                self._count_retries(report.message_ids)
            case protocol.Ended():
                log.warning("account %s: connect() ended (%s)", self.account, _kind(report.error))
                self._happened("connect_ended", _kind(report.error))

    def _library_says(self, report: protocol.Happened) -> None:
        event: Event = report.event
        if event == "stream_replaced":
            event = self._replaced()
        if event == "temporary_ban":
            seconds = report.seconds or self._times.unknown_ban
            until = self._now() + timedelta(seconds=seconds + self._times.ban_margin)
            self._update(banned_until=until)
        if event == "undecryptable":
            self._count_undecryptable()
        self._happened(event, report.code)

    def _replaced(self) -> Event:
        now, before = time.monotonic(), self._replaced_at
        self._replaced_at = now
        recent = before is not None and now - before < self._times.replaced_again
        return "replaced_again" if recent else "stream_replaced"

    def _count_undecryptable(self) -> None:
        now, times = time.monotonic(), self._times
        self._update(undecryptable=self.snapshot.undecryptable + 1)
        self._undecryptable.append(now)
        while self._undecryptable[0] < now - times.undecryptable_window:
            self._undecryptable.popleft()
        if len(self._undecryptable) > times.undecryptable_most:
            self._undecryptable.clear()
            self._happened("undecryptable_rate")

    def _count_retries(self, message_ids: list[str]) -> None:
        late = sum(message_id not in self._sent for message_id in message_ids)
        shot = self.snapshot
        self._update(
            retry_receipts=shot.retry_receipts + len(message_ids),
            retry_receipts_too_late=shot.retry_receipts_too_late + late,
        )

    def _show(self, code: str) -> None:
        number = self.snapshot.code_number + 1
        seconds = self._times.first_code if number == 1 else self._times.next_code
        self._code_until = time.monotonic() + seconds
        until = self._now() + timedelta(seconds=seconds)
        self._update(code=code, code_number=number, code_until=until)
        self._happened("qr")

    def _happened(self, event: Event, detail: str = "") -> None:
        """Does what the table says."""
        reaction = states.react(self.snapshot.state, event)
        if event == "restart_asked":
            self._failures, self._replaced_at = 0, None
        if reaction.state is not None:
            self._enter(reaction.state, event, detail)
        self._treat_child(reaction.child, grace=0.0 if event == "lease_lost" else _GRACE)
        if reaction.alert is not None:
            self._alert(self.account, reaction.alert, self.snapshot)

    def _enter(self, state: State, event: Event, detail: str) -> None:
        shot, now = self.snapshot, time.monotonic()
        changed = state != shot.state
        if changed or event not in ("qr", "keep_alive_timeout"):
            log.info("account %s: %s → %s (%s %s)", self.account, shot.state, state, event, detail)
        if state != "pairing":
            self._code_until = None
            shot = replace(shot, code=None, code_until=None, code_number=0)
        if event == "qr_expired":
            self._code_until = None
            shot = replace(shot, code=None, code_number=0)
        if state == "connected":
            shot = replace(shot, link_up=True, banned_until=None)
            self._up_since, self._down_since = self._up_since or now, None
        else:
            shot = replace(shot, link_up=False)
            self._up_since = None
            self._down_since = (self._down_since or now) if state == "reconnecting" else None
        since = self._now() if changed else shot.since
        self.snapshot = replace(shot, state=state, since=since, reason=event, detail=detail)

    def _treat_child(self, what: Child, grace: float) -> None:
        now, times = time.monotonic(), self._times
        if what is Child.KEEP:
            return
        self._end_child(grace)
        starts: dict[Child, float | None] = {
            Child.STOP: None,
            Child.RESTART_NOW: now,
            Child.RETRY_ONCE: now + times.replaced_retry,
            Child.AFTER_BAN: now + self._ban_seconds(),
        }
        self._plan(starts[what] if what in starts else now + self._backoff())

    def _plan(self, at: float | None) -> None:
        self._start_at = at
        wait = None if at is None else timedelta(seconds=at - time.monotonic())
        self._update(next_start=wait if wait is None else self._now() + wait)

    def _ban_seconds(self) -> float:
        until = self.snapshot.banned_until
        return self._times.unknown_ban if until is None else (until - self._now()).total_seconds()

    def _backoff(self) -> float:
        """Doubles with each failure since the session last held for a minute; ± a quarter."""
        self._failures += 1
        if self._failures == _LOUD_FAILURES:
            self._alert(self.account, "connection", self.snapshot)
        times = self._times
        seconds = min(times.backoff * 2 ** min(self._failures - 1, 20), times.longest_backoff)
        return float(seconds * random.uniform(0.75, 1.25))  # noqa: S311  no secret

    def _start_child(self) -> None:
        self._plan(None)
        try:
            order = self._connect()
        except Exception as error:  # noqa: BLE001  the store's database may be away
            log.warning("account %s: the session store does not open: %s", self.account, error)
            self._plan(time.monotonic() + self._backoff())
            return
        box: list[ChildProcess] = []
        reported = self._reported
        child = ChildProcess(
            order,
            lambda report: self._inbox.put(lambda: reported(box[0], report)),
            lambda: self._inbox.put(lambda: self._ended(box[0])),
            self._command,
        )
        box.append(child)
        self._child = child
        self._child_since = self._heard = time.monotonic()
        self._answered = False
        self._update(pid=child.pid, restarts=self.snapshot.restarts + 1)
        self._happened("child_started")

    def _ended(self, child: ChildProcess) -> None:
        if child is self._child:
            self._child = None
            self._happened("child_died")

    def _end_child(self, grace: float) -> None:
        """Stops sending first: `snapshot` says so before the child is asked to end."""
        child, self._child = self._child, None
        self._update(link_up=False, pid=None)
        if child is None:
            return
        child.stop()
        if not child.wait(grace):
            child.kill()
            child.wait(_KILLED)

    def _update(self, **changes: Any) -> None:
        self.snapshot = replace(self.snapshot, **changes)


def _kind(error: str) -> str:
    """The error's type and first words; addresses and numbers stay out of logs."""
    return masked(error)
