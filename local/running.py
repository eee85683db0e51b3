"""Which stack uses a data directory, so that others stay away from it, or join it.

A stack holds a lock as long as its process lives, and announces in `stack.json` what it has
started. So files that a crash left behind are never taken for a stack.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from chalicelib.errors import CiceroError

_FILE, _LOCK = "stack.json", "stack.lock"
_START_SECONDS = 120.0


class AlreadyRunning(CiceroError):
    """Another stack uses the directory, and cannot be joined."""

    kind = "stack"

    def __init__(self, data_dir: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "it is starting"
        super().__init__(
            f"A stack runs over {data_dir} already ({who}): stop it, or wait until it has ended."
        )


@dataclass(frozen=True)
class Running:
    """A live stack. `settings` are those of its parts, including the database; `stays`: it runs
    until somebody stops it, so that others can leave their work to it."""

    pid: int
    stays: bool
    settings: Mapping[str, str]


def try_lock(file: Path) -> int | None:
    """Locks the file, until the returned descriptor is closed or the process ends; None if another
    process has it."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


class Claim:
    """A directory's lock, held until `close`."""

    def __init__(self, data_dir: Path, lock: int) -> None:
        self._file = data_dir / _FILE
        self._lock = lock

    @classmethod
    def of(cls, data_dir: Path) -> Self | None:
        """Claims a directory; None if another process has it."""
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = try_lock(data_dir / _LOCK)
        if lock is None:
            return None
        (data_dir / _FILE).unlink(missing_ok=True)
        return cls(data_dir, lock)

    def announce(self, settings: Mapping[str, str], stays: bool) -> None:
        """Lets `running` find this process's stack."""
        draft = self._file.with_suffix(".new")
        draft.touch(mode=0o600)
        stack = Running(os.getpid(), stays, dict(settings))
        draft.write_text(json.dumps(asdict(stack)), encoding="utf-8")
        draft.replace(self._file)

    def close(self) -> None:
        self._file.unlink(missing_ok=True)
        os.close(self._lock)


def running(data_dir: Path, patience: float = _START_SECONDS) -> Running | None:
    """The stack that uses this directory, or None; waits for one that is starting. Raises
    AlreadyRunning if it is not up within `patience` seconds."""
    until = time.monotonic() + patience
    while data_dir.is_dir():
        claim = Claim.of(data_dir)
        if claim is not None:
            claim.close()
            return None
        if found := announced(data_dir):
            return found
        if time.monotonic() > until:
            raise AlreadyRunning(data_dir, None)
        time.sleep(0.1)
    return None


def announced(data_dir: Path) -> Running | None:
    """What the stack that uses the directory, or used it last, announced about itself."""
    try:
        return Running(**json.loads((data_dir / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
