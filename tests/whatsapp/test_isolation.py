"""A process that loads the library is isolated first, or it cannot load it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.whatsapp.standin import Standin

_IN_A_THREAD = """
import threading
loading = threading.Event()
threading.Thread(target=loading.wait, daemon=True).start()
import neonize
"""


def _python(server: Standin, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | server.environment() | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_only_a_loopback_is_left_and_the_real_root_key_is_gone(server: Standin) -> None:
    program = """
import neonize, socket
from library_memory import replace_root_key
from pathlib import Path
print([name for _, name in socket.if_nameindex()])
replace_root_key(Path(neonize.__path__[0]), bytes(32))
"""
    done = _python(server, program)
    assert done.stdout == "['lo']\n"
    assert "found 0 times" in done.stderr


def test_a_process_without_the_library_keeps_its_network(server: Standin) -> None:
    done = _python(server, "import os; print(os.readlink('/proc/self/ns/net'))")
    assert done.stdout.strip() == str(Path("/proc/self/ns/net").readlink())


@pytest.mark.parametrize(
    ("program", "environment", "reason"),
    [
        (_IN_A_THREAD, {}, "must be imported before threads"),
        ("import neonize", {"CICERO_TEST_WHATSAPP": "/nowhere"}, "FileNotFoundError"),
    ],
)
def test_a_process_that_cannot_be_cut_off_ends(
    server: Standin, program: str, environment: dict[str, str], reason: str
) -> None:
    done = _python(server, program + "\nprint('loaded')", **environment)
    assert done.returncode == 70
    assert done.stdout == ""
    assert reason in done.stderr
