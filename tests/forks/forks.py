"""The command line of a program that is forked instead of started from nothing."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LAUNCH = Path(__file__).with_name("launch.py")


def forked(module: str, *arguments: str, imports: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Does what `python -m module arguments` does, with imports that are done already: those that
    the service's own programs share, or these.

    The program is not the process that is started, which passes its streams, environment and
    directory on, forwards SIGTERM and SIGINT, and ends as the program does; killed, it takes the
    program with it a moment later. Where a test is about process ids, stopped processes or the
    very moment of an end, start the program itself.
    """
    if not hasattr(os, "pidfd_open"):  # not on Linux
        return (sys.executable, "-m", module, *arguments)
    return (sys.executable, "-I", "-S", str(_LAUNCH), _server(imports), module, *arguments)


@cache
def _server(imports: tuple[str, ...]) -> str:
    """The address of this process's server with these imports, which ends with it."""
    directory = tempfile.TemporaryDirectory(prefix="cicero-forks-")
    address = str(Path(directory.name) / "socket")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forks.server", address, *imports],
        cwd=_ROOT,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdout.readline()

    def end() -> None:
        process.communicate()
        directory.cleanup()

    atexit.register(end)
    return address


def _environment() -> dict[str, str]:
    """The server's: without what a program brings itself, with a place for what Go is to see."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"SSL_CERT_FILE": "", "NEONIZE_BOT_TAG": "off"}
