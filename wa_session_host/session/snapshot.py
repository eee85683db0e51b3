"""What is known of a session, and the waiting times that apply to it. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from wa_session_host.session import states
from wa_session_host.session.states import Event, State

CODE_IS_VOID: frozenset[Event] = frozenset({"qr_expired", "pair_failed"})
"""Events after which the code that was shown can no longer be scanned."""


@dataclass(frozen=True)
class Times:
    """Seconds. The defaults are those for a real account; tests use shorter ones."""

    tick: float = 0.25
    ping: float = 3.0
    silent: float = 15.0
    first_code: float = 60.0
    next_code: float = 20.0
    code_grace: float = 5.0
    codes: int = 6
    typing: float = 120.0
    start: float = 120.0
    offline: float = 600.0
    replaced_retry: float = 30.0
    replaced_again: float = 600.0
    ban_margin: float = 60.0
    unknown_ban: float = 3600.0
    backoff: float = 1.0
    longest_backoff: float = 300.0
    settled: float = 60.0
    stop: float = 8.0
    undecryptable_window: float = 600.0
    undecryptable_most: int = 30

    def code(self, first: bool) -> float:
        """How long the library shows a QR code before the next one."""
        return self.first_code if first else self.next_code

    @property
    def round(self) -> float:
        """How long the library shows codes before it gives up."""
        return self.first_code + (self.codes - 1) * self.next_code


@dataclass(frozen=True)
class Snapshot:
    """What is known of a session at one moment.

    `code`: the QR text while one is valid; `round_until`: when the last one of its round expires.
    `link_up`: the child says that it is connected and logged in. `barred_by`: what keeps the
    session down for a time, or until a person acts, whoever holds the lease in the meantime.
    """

    account: str
    state: State
    since: datetime
    reason: Event | None = None
    detail: str = ""
    link_up: bool = False
    pid: int | None = None
    code: str | None = None
    code_number: int = 0
    code_until: datetime | None = None
    round_until: datetime | None = None
    barred_by: Event | None = None
    banned_until: datetime | None = None
    next_start: datetime | None = None
    restarts: int = 0
    undecryptable: int = 0
    retry_receipts: int = 0
    retry_receipts_too_late: int = 0

    @property
    def consumes(self) -> bool:
        return self.link_up and self.state in states.CONSUMES

    def entered(self, state: State, event: Event, detail: str, now: datetime) -> Snapshot:
        """The snapshot once the event has brought the session into the state, or left it there."""
        barred_by = self._barred_by(event)
        return replace(
            self._codes_after(state, event),
            state=state,
            since=self.since if state == self.state else now,
            reason=(barred_by if event == "lease_held" else None) or event,
            detail=detail,
            link_up=state == "connected",
            barred_by=barred_by,
            banned_until=None if state == "connected" else self.banned_until,
        )

    def _barred_by(self, event: Event) -> Event | None:
        if event in ("lease_lost", "lease_held"):
            return self.barred_by
        return event if event in states.BARRING else None

    def _codes_after(self, state: State, event: Event) -> Snapshot:
        if state != "pairing":
            return replace(self, code=None, code_until=None, code_number=0, round_until=None)
        if event in CODE_IS_VOID:
            return replace(self, code=None, code_number=0, round_until=None)
        return self
