"""SIGINT, SIGTERM and SIGHUP all end a command after stopping everything that it started."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """Makes the first of them raise KeyboardInterrupt, and a second one end this process and all
    that it started without waiting. This includes SIGINT, which a shell makes its background
    jobs ignore."""
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
            child.terminate()  # a service ends with its guard
    os._exit(128 + number)
