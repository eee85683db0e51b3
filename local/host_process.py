"""The WhatsApp host as a child process, its messages passed on line by line."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

_STOP_SECONDS = 15


class HostProcess:
    """`python -m wa_session_host` with the console transport, until the `with` block ends.

    `show` gets each line of what the groups see, from a thread of its own; `now` is the host's
    simulated time.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        now: datetime | None,
        show: Callable[[str], None],
    ) -> None:
        simulated = {"CICERO_NOW": now.isoformat()} if now else {}
        self._environment = {**environment, **simulated}
        self._show = show

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wa_session_host"],
            env=self._environment,
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        output = cast("IO[str]", self.process.stdout)
        self._reader = threading.Thread(target=self._read, args=(output,))
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._show(line.rstrip("\n"))
