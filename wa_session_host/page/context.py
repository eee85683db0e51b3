"""What the page gets from the host it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.settings import Settings
from wa_session_host.lease import Lease
from wa_session_host.metrics import Metrics
from wa_session_host.session.session import Session

SHARE_SECONDS = 5.0


@dataclass(frozen=True)
class PageContext:
    """`sessions` by account; none, and no `lease`, in a host that prints its messages. `alive()`:
    every part runs; `ready()`: every account can send. `share_seconds`: how long what was read of
    all clients is shown to others too."""

    settings: Settings
    sessions: Mapping[str, Session]
    lease: Lease | None
    metrics: Metrics
    now: Callable[[], datetime]
    alive: Callable[[], bool]
    ready: Callable[[], bool]
    share_seconds: float = SHARE_SECONDS
