"""A forked program is what `python -m` makes of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.forks.forks import forked
from tests.integration.waiting import PATIENCE_SECONDS, wait_until

PROGRAM = """
import os, sys, time
print(os.getcwd(), sys.argv[1:], os.environ["WORD"], "HOME" in os.environ, sys.stdin.readline())
print("a problem", file=sys.stderr)
sys.exit(7)
"""
WAITS = """
import os, time
print(os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "waits.py").write_text(WAITS)
    return tmp_path


@pytest.fixture
def waiting(directory: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        forked("waits"), cwd=directory, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_it_has_directory_arguments_environment_and_streams_and_tells_its_exit_code(
    directory: Path,
) -> None:
    ran = subprocess.run(
        forked("program", "a", "b c"),
        cwd=directory,
        env={"WORD": "x=ü"},
        input="typed",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == f"{directory} ['a', 'b c'] x=ü False typed\n"
    assert (ran.stderr, ran.returncode) == ("a problem\n", 7)


def test_it_runs_what_python_runs_at_its_start(directory: Path) -> None:
    hook = directory / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text("print('first')")
    values = os.environ | {"PYTHONPATH": str(hook), "WORD": ""}
    ran = subprocess.run(
        forked("program"), cwd=directory, env=values, capture_output=True, text=True, check=False
    )
    assert ran.stdout.startswith("first\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(waiting: subprocess.Popen[str], number: signal.Signals) -> None:
    assert waiting.stdout
    program = psutil.Process(int(waiting.stdout.readline()))
    waiting.send_signal(number)
    assert waiting.wait(PATIENCE_SECONDS) == -number
    wait_until(lambda: not program.is_running())


def test_one_that_is_killed_before_it_has_asked_harms_no_other(directory: Path) -> None:
    *_, address, _ = command = forked("program")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
    assert subprocess.run(command, cwd=directory, env={"WORD": ""}, check=False).returncode == 7
