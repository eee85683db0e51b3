"""Where a worker's time goes: its threads' stacks, looked at two hundred times a second.

cProfile sees one thread and slows it; this sees them all and slows little. A thread whose innermost
frame waits (for a socket, a lock, a pause) counts as waiting, else as running.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Self

VARIABLE = "CICERO_SAMPLES"
"""Names the directory that workers write their samples to; nobody samples without it."""

_PAUSE = 0.005
_WAITS = {
    "recv_into", "readinto", "sleep", "wait", "acquire", "select", "poll", "read1", "sendall",
    "connect", "_recv", "recv", "send", "join", "result", "create_connection",
}  # fmt: skip
_PARTS = (
    ("/chalicelib/social/guard", "limiter and breaker (Redis)"),
    ("/chalicelib/db/", "PostgreSQL"),
    ("/chalicelib/queues", "SQS"),
    ("/chalicelib/social/http", "HTTP to the APIs"),
    ("/chalicelib/social/", "reading the APIs' answers"),
    ("/chalicelib/", "rules"),
    ("/app.py", "rules"),
)
IDLE = "threads without work"


class Sampler:
    """Samples this process for the length of each `with` block, and writes what it has seen."""

    def __init__(self, directory: Path | None) -> None:
        self._file = directory and directory / f"{os.getpid()}.json"
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._working = threading.Event()
        if self._file:
            threading.Thread(target=self._watch, daemon=True).start()

    @classmethod
    def of_environment(cls) -> Self:
        """The sampler that the environment asks for; without one it does nothing."""
        directory = os.environ.get(VARIABLE)
        return cls(Path(directory) if directory else None)

    def __enter__(self) -> None:
        self._working.set()

    def __exit__(self, *_: object) -> None:
        self._working.clear()
        if self._file:
            with self._lock:
                self._file.write_text(json.dumps(self._counts))

    def _watch(self) -> None:
        own, pause = threading.get_ident(), threading.Event()
        while True:
            self._working.wait()
            pause.wait(_PAUSE)
            frames = sys._current_frames()
            with self._lock:
                self._counts.update(_place(f) for thread, f in frames.items() if thread != own)


def samples(directory: Path) -> Counter[tuple[str, str, str]]:
    """What all workers have written: how often (part, running or waiting, function) was seen."""
    total: Counter[tuple[str, str, str]] = Counter()
    for file in directory.glob("*.json"):
        for place, count in json.loads(file.read_text()).items():
            part, state, function = place.split("\t")
            total[part, state, function] += count
    return total


def _place(frame: FrameType) -> str:
    """Part, state and innermost function, separated by tabs."""
    code = frame.f_code
    state = "waiting" if code.co_name in _WAITS else "running"
    module = frame.f_globals.get("__name__", "?")
    return f"{_part(frame)}\t{state}\t{module}.{code.co_name}"


def _part(frame: FrameType | None) -> str:
    """The innermost part of the service on the stack."""
    while frame is not None:
        for path, part in _PARTS:
            if path in frame.f_code.co_filename:
                return part
        frame = frame.f_back
    return IDLE
