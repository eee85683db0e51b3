"""SIGINT, SIGTERM and SIGHUP end a command alike: all that it started is stopped first."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """From now on the first of them raises KeyboardInterrupt, and a second one ends this process
    and all that it started without waiting. SIGINT too, which a shell has its background jobs
    ignore."""
    for number in _ENDING:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for other in _ENDING:
        signal.signal(other, _end_at_once)
    raise KeyboardInterrupt


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.terminate()  # a guard's service ends with its guard
    os._exit(128 + number)
