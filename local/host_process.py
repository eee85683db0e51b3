"""The WhatsApp host as a child process whose output is passed on line by line."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO, Self, cast

from local.services.guard import die_with_guard

_ROOT = Path(__file__).resolve().parent.parent
_STOP_SECONDS = 15
_USABLE = (0, 2)  # a clean stop; unusable settings: no restart helps
_LONGEST_PAUSE = 5.0


HOST = (sys.executable, "-m", "wa_session_host")


class HostProcess:
    """`python -m wa_session_host`, or a `command` that does the same, with the console transport,
    until the `with` block ends.

    It is restarted when it dies, as its container would be, and stopped when this process dies.
    `show` gets each line that the groups see, on another thread; `now` is the host's simulated
    time.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        now: datetime | None,
        show: Callable[[str], None],
        command: Sequence[str] = HOST,
    ) -> None:
        self._command = command
        simulated = {"CICERO_NOW": now.isoformat()} if now else {}
        always = {"PYTHONPATH": str(_ROOT), "WA_TRANSPORT": "console"}  # nothing leaves a local run
        self._environment = {**environment, **simulated, **always}
        self._directory = environment["WA_AUTH_DATA_PATH"]
        Path(self._directory).mkdir(parents=True, exist_ok=True)
        self._show = show
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep)
        self.process = self._start()

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.process.terminate()
        self._keeper.join(_STOP_SECONDS)
        if self._keeper.is_alive():
            self.process.kill()
            self._keeper.join()

    def _keep(self) -> None:
        for deaths in count():
            with cast("IO[str]", self.process.stdout) as output:
                for line in output:
                    self._show(line.rstrip("\n"))
            if self.process.wait() in _USABLE or self._stopping.is_set():
                return
            if self._stopping.wait(min(deaths / 10, _LONGEST_PAUSE)):
                return
            self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._directory,  # away from .env: the environment says everything
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: die_with_guard(signal.SIGTERM),  # noqa: PLW1509  it makes one call
        )
