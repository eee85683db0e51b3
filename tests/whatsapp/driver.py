"""The test's end of a child process with the unmodified library; see `client`."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.conftest import ROOT
from tests.forks.forks import forked
from tests.integration.waiting import PATIENCE_SECONDS
from tests.whatsapp.standin import PROXY_URL, Standin

Line = dict[str, Any]


class Driver:
    """A context manager around the child process; the store outlives both."""

    def __init__(self, standin: Standin, store: Path) -> None:
        self._standin, self._store = standin, store
        self._ids = itertools.count(1)
        self._lines: list[Line] = []
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self.log = self._store.with_suffix(".log")
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                forked("tests.whatsapp.client", str(self._store)),
                cwd=ROOT,
                env=os.environ | self._standin.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def connect(self) -> None:
        """Lets the library connect; the call does not return for as long as the library lives."""
        self.start("connect", PROXY_URL)

    def start(self, command: str, *args: object) -> int:
        """Sends a command and returns its number for `result`."""
        number = next(self._ids)
        if self._process.stdin is None:
            raise RuntimeError("the child has no input")
        line = json.dumps({"id": number, "do": command, "args": args})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return number

    def result(self, number: int, seconds: float = PATIENCE_SECONDS) -> Line:
        """The result of a command: `value`, `error` as text or None, `seconds` it took."""
        return self.wait(lambda line: line.get("answer") == number, seconds)

    def call(self, command: str, *args: object, seconds: float = PATIENCE_SECONDS) -> Line:
        return self.result(self.start(command, *args), seconds)

    def event(self, name: str, seconds: float = PATIENCE_SECONDS, *, after: int = 0) -> Line:
        """The first event of that name after the first `after` lines."""
        return self.wait(lambda line: line.get("event") == name, seconds, after=after)

    def seen(self) -> int:
        """How many lines the child has written."""
        with self._changed:
            return len(self._lines)

    def events(self) -> list[str]:
        with self._changed:
            return [str(line["event"]) for line in self._lines if "event" in line]

    def wait(self, matches: Callable[[Line], bool], seconds: float, *, after: int = 0) -> Line:
        """The first line that matches; a `TimeoutError` shows what came instead."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = next((line for line in self._lines[after:] if matches(line)), None)
                left = deadline - time.monotonic()
                if found is not None:
                    return found
                if left <= 0 or self._process.poll() is not None:
                    raise TimeoutError(f"child wrote {self._lines[after:]}; log: {self.log}")
                self._changed.wait(min(left, 1))

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._changed:
                self._lines.append(json.loads(line))
                self._changed.notify_all()
