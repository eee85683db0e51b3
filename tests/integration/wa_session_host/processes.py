"""The host as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.conftest import ROOT
from tests.integration.waiting import wait_until


class HostProcess:
    """`python -m` with this command, until its `with` block ends or it is killed."""

    def __init__(
        self, values: Mapping[str, str], log: Path, command: Sequence[str] = ("wa_session_host",)
    ) -> None:
        self._log = log
        paths = [values.get("PYTHONPATH", ""), str(ROOT)]
        with log.open("w", encoding="utf-8") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**values, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
                cwd=log.parent,  # away from .env: the environment says everything
                stderr=file,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """Ends it as a machine would, without a word."""
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def page_port(self) -> int:
        """The port of its page, once that answers."""
        wait_until(lambda: self._port() is not None)
        return self._port() or 0

    def _port(self) -> int | None:
        found = re.search(r"page on port (\d+)", self.log())
        return int(found[1]) if found else None
