"""Child processes that cannot outlive this one, and waiting until they answer."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
STOP_SECONDS = 15.0
LOG_TAIL_BYTES = 4000


class ServiceError(RuntimeError):
    """A local service did not start; the message ends with the last lines of its log."""


class ChildProcess:
    """Runs a command from construction to `stop()`, or to the end of this process.

    The command gets its own session, so Ctrl-C reaches only this process, which then decides.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: str = "",
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        end_of_command, self._lifeline = os.pipe()
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(int(stop_signal)), user, *command],
            stdin=end_of_command,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=cwd or Path(tempfile.gettempdir()),
            start_new_session=True,
        )
        os.close(end_of_command)

    def stop(self) -> None:
        """Returns when the command has ended; a second call does nothing."""
        if self._log.closed:
            return
        os.close(self._lifeline)
        try:
            self._guard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        self._log.close()

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Returns when `ready()` is true; on failure stops the command and raises ServiceError."""
        deadline = time.monotonic() + timeout
        while not ready():
            if self._guard.poll() is not None:
                self._fail(f"{self.name} ended with code {self._guard.returncode}")
            if time.monotonic() > deadline:
                self._fail(f"{self.name} gave no answer within {timeout:g} seconds")
            time.sleep(0.02)

    def _fail(self, reason: str) -> None:
        tail = self._log_tail()
        self.stop()
        raise ServiceError(f"{reason}:\n{tail}")

    def _log_tail(self) -> str:
        # pread: the command writes through the same file offset.
        file = self._log.fileno()
        start = max(0, os.fstat(file).st_size - LOG_TAIL_BYTES)
        return os.pread(file, LOG_TAIL_BYTES, start).decode(errors="replace").strip()
