"""What a child's reports mean: how they change the snapshot, and which events follow. Pure.

Repeated events mean more than a single one, so a reader remembers them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from wa_session_host.protocol import Ended, Happened, Pong, Qr, Report, RetryReceipt
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import Event, State

REMEMBERED = 256
"""How many sent messages a child remembers, to resend them to a recipient who asks."""

Read = tuple[Snapshot, list[tuple[Event, str]]]
"""The snapshot after a report, and the events that follow, with their details."""


class Window:
    """Counts what happened within the last `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moments: deque[float] = deque()

    def note(self, now: float) -> int:
        """Notes one more and returns how many there are now, including it."""
        self._moments.append(now)
        while self._moments[0] < now - self._seconds:
            self._moments.popleft()
        return len(self._moments)

    def clear(self) -> None:
        self._moments.clear()


class ReportReader:
    """Reads the reports of one session's children, each at `now` in seconds of any monotonic
    clock, and at `moment`, the time that people are told."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._sent: deque[str] = deque(maxlen=REMEMBERED)
        self._replacements = Window(times.replaced_again)
        self._undecryptable = Window(times.undecryptable_window)

    def note_sent(self, message_id: str) -> None:
        """May be called from any thread."""
        self._sent.append(message_id)

    def forget_sent(self) -> None:
        """Another child was started, which has sent nothing yet."""
        self._sent.clear()

    def forget_replacements(self) -> None:
        """A person intervened: the next replacement counts as the first."""
        self._replacements.clear()

    def read(self, report: Report, shot: Snapshot, now: float, moment: datetime) -> Read:
        match report:
            case Qr():
                return self._with_code(shot, report.code, moment), [("qr", "")]
            case RetryReceipt():
                return self._asked_again(shot, report.message_ids), []
            case Ended():
                return shot, [("connect_ended", report.error)]
            case Happened():
                return self._library_says(report, shot, now, moment)
        return shot, []

    def _library_says(self, report: Happened, shot: Snapshot, now: float, moment: datetime) -> Read:
        event: Event = report.event
        if event == "stream_replaced" and self._replacements.note(now) > 1:
            event = "replaced_again"
        elif event == "temporary_ban":
            seconds = (report.seconds or self._times.unknown_ban) + self._times.ban_margin
            shot = replace(shot, banned_until=moment + timedelta(seconds=seconds))
        elif event == "undecryptable":
            shot = replace(shot, undecryptable=shot.undecryptable + 1)
            if self._undecryptable.note(now) > self._times.undecryptable_most:
                self._undecryptable.clear()
                return shot, [(event, report.code), ("undecryptable_rate", "")]
        return shot, [(event, report.code)]

    def _with_code(self, shot: Snapshot, code: str, moment: datetime) -> Snapshot:
        first = shot.code_number == 0
        return replace(
            shot,
            code=code,
            code_number=shot.code_number + 1,
            code_until=moment + timedelta(seconds=self._times.code(first)),
            round_until=moment + timedelta(seconds=self._times.round)
            if first
            else shot.round_until,
        )

    def _asked_again(self, shot: Snapshot, message_ids: list[str]) -> Snapshot:
        too_late = sum(message_id not in self._sent for message_id in message_ids)
        return replace(
            shot,
            retry_receipts=shot.retry_receipts + len(message_ids),
            retry_receipts_too_late=shot.retry_receipts_too_late + too_late,
        )


def pong_event(pong: Pong, state: State, codes_shown: bool) -> Event | None:
    """The event that the child's answer to a ping amounts to, if any. `codes_shown`: codes could
    be scanned for long enough that their end is not a failure."""
    up = pong.connected and pong.logged_in
    if up and state == "reconnecting":
        return "keep_alive_restored"
    if not up and state == "connected":
        return "disconnected"
    if not pong.connected and state == "pairing":
        return "qr_expired" if codes_shown else "pair_failed"
    return None
