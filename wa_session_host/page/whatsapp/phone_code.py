"""Pairing with a code that is typed on the phone, and until when it can be typed.

The code expires with the connection on which it was requested, and the library ends that after its
last QR code: 160 seconds after the first, whenever the code was requested (whatsmeow, `PairPhone`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot

_FRESH_SECONDS = 30.0
_LOOK_SECONDS = 0.1


def round_to_type_in(
    session: Session, now: Callable[[], datetime], patience: float = _FRESH_SECONDS
) -> datetime | None:
    """Until when a phone code requested now can be typed; None: no code is available.

    A round of QR codes with less than `Times.typing` left is replaced by a new one, for which this
    waits up to `patience` seconds.
    """
    shot = session.snapshot
    until = _shown_until(shot)
    if until is None or (until - now()).total_seconds() >= session.times.typing:
        return until
    session.tell("qr_expired")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        fresh = _shown_until(session.snapshot)
        if fresh is not None and fresh != until:
            return fresh
    return None


def _shown_until(shot: Snapshot) -> datetime | None:
    return None if shot.code is None else shot.round_until
