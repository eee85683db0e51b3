"""Waiting while SQS or PostgreSQL is away."""

from __future__ import annotations

import logging
import math
import time
from threading import Event

from chalicelib.errors import CiceroError

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_TOLD_SECONDS = 60.0


class Trouble:
    """Pauses before something is tried again, unless `stop` is set; the log says why, once a
    minute."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._told = -math.inf

    def wait_out(self, error: CiceroError) -> None:
        now = time.monotonic()
        if now - self._told >= _TOLD_SECONDS:
            self._told = now
            log.warning("waiting: %s", error)
        self._stop.wait(_PAUSE_SECONDS)
