"""How long a child has been in its state, and which event is due for it. Pure.

`now` is in seconds of any monotonic clock.
"""

from __future__ import annotations

from wa_session_host.session.snapshot import CODE_IS_VOID, Times
from wa_session_host.session.states import Event, State


class Deadlines:
    """The deadlines of one child, from its start.

    `heard`: its last sign of life. `answered`: whether it has answered a ping; before that it is
    still loading and may be silent for twice as long. `pinged`: when the last ping was sent.
    """

    def __init__(self, times: Times, now: float) -> None:
        self.heard = now
        self.answered = False
        self.pinged = 0.0
        self._times = times
        self._state: State = "starting"
        self._since = now
        self._code_until: float | None = None

    def entered(self, state: State, event: Event, now: float) -> None:
        """The event has brought the session into the state, or left it there."""
        if state != self._state:
            self._state, self._since = state, now
        if state != "pairing" or event in CODE_IS_VOID:
            self._code_until = None
        elif event == "qr":
            self._code_until = now + self._times.code(first=self._code_until is None)

    def due(self, now: float) -> Event | None:
        """The first event whose time has come."""
        times = self._times
        table: list[tuple[Event, float | None, float]] = [
            ("child_silent", self.heard, times.silent * (1 if self.answered else 2)),
            ("start_too_long", self._since_in("starting"), times.start),
            ("qr_expired", self._code_until, times.code_grace),
            ("offline_too_long", self._since_in("reconnecting"), times.offline),
        ]
        return next((event for event, since, most in table if _past(since, most, now)), None)

    def ping_due(self, now: float) -> bool:
        return _past(self.pinged, self._times.ping, now)

    def codes_shown(self, now: float) -> bool:
        """Whether codes could be scanned for long enough that their end is not a failure."""
        return _past(self._since_in("pairing"), self._times.next_code / 2, now)

    def settled(self, now: float) -> bool:
        """Whether it has been connected, or has shown codes, long enough to forget what failed
        before."""
        return _past(self._since_in("connected", "pairing"), self._times.settled, now)

    def _since_in(self, *states: State) -> float | None:
        return self._since if self._state in states else None


def _past(since: float | None, most: float, now: float) -> bool:
    return since is not None and now - since > most
