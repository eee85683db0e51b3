"""A stack that runs for long: other commands join it, and any signal ends all of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local.running import running
from tests.forks.forks import forked
from tests.integration.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 170
NOW = "2026-02-20T17:05+07:00"

Environment = dict[str, str]


@pytest.fixture
def environment(clean_environment: Environment) -> Environment:
    """Nothing is set but the time: every part is the command's own."""
    kept = {name: value for name, value in clean_environment.items() if "AWS" not in name}
    return kept | {"PYTHONPATH": str(ROOT), "CICERO_NOW": NOW, "PYTHONUNBUFFERED": "1"}


@contextmanager
def started(environment: Environment, directory: Path, *arguments: str) -> Iterator[psutil.Popen]:
    """A command in the background of a shell, which has it ignore SIGINT."""
    command = [sys.executable, "-m", "local", *arguments]
    with (directory / "output").open("wb") as output:
        process = psutil.Popen(
            ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *command],
            env=environment,
            cwd=directory,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        for child in [*process.children(recursive=True), process] if process.is_running() else []:
            child.kill()
        process.wait()


def says(directory: Path, text: str) -> Callable[[], bool]:
    return lambda: text in (directory / "output").read_text(errors="replace")


def command(
    environment: Environment, directory: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        forked("local", *arguments),
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def run(environment: Environment, directory: Path, *arguments: str) -> str:
    """What a command prints; it must end well."""
    done = command(environment, directory, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def end(process: psutil.Popen, number: int) -> int:
    """The exit code after this signal; nothing that the process had started is left."""
    family = process.children(recursive=True)
    assert family
    process.send_signal(number)
    code: int = process.wait(PATIENCE)
    _, left = psutil.wait_procs(family, PATIENCE)
    assert left == []
    return code


def test_other_commands_join_the_stack_that_runs(environment: Environment, tmp_path: Path) -> None:
    with started(environment, tmp_path, "up", "--workers", "2") as up:
        wait_until(says(tmp_path, "Running on the real clock"))
        at = ["--at", "2026-02-20T17:00+07:00"]
        assert "TELADAN" in run(environment, tmp_path, "client", "TELADAN", *at)
        assert "task_list" in run(environment, tmp_path, "outbox", "list")
        assert "→" in run(environment, tmp_path, "migrate")
        runs = run(
            environment, tmp_path, "psql", "--data", ".local", "SELECT client_id FROM client_run"
        )
        assert "TELADAN" in runs
        assert '"clients": 6' in run(
            environment, tmp_path, "slot", "--at", "2026-02-20T16:30+07:00", "--json"
        )
        assert running(tmp_path / ".local") is not None
        with pytest.raises(AssertionError, match=r"runs over .local already \(process \d+\)"):
            run(environment, tmp_path, "up")
        assert end(up, signal.SIGINT) == 0
    assert running(tmp_path / ".local") is None
    assert "task_list" in run(environment, tmp_path, "outbox", "list")


@pytest.mark.soak  # SIGINT and SIGKILL are sent in every run, by the tests around this one
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_each_signal_ends_all_of_it(
    environment: Environment, tmp_path: Path, number: signal.Signals
) -> None:
    with started(environment, tmp_path, "up", "--workers", "1") as up:
        wait_until(says(tmp_path, "Running on the real clock"))
        assert end(up, number) == 0


@pytest.mark.soak
def test_a_stack_that_is_still_starting_ends_too(environment: Environment, tmp_path: Path) -> None:
    with started(environment, tmp_path, "up") as up:
        wait_until(lambda: bool(up.children(recursive=True)))
        assert end(up, signal.SIGTERM) == 130


def test_what_a_killed_stack_started_ends_with_it(environment: Environment, tmp_path: Path) -> None:
    with started(environment, tmp_path, "up", "--workers", "1") as up:
        wait_until(says(tmp_path, "Running on the real clock"))
        assert end(up, signal.SIGKILL) == -signal.SIGKILL
    assert running(tmp_path / ".local") is None
    run(environment, tmp_path, "outbox", "list")


@pytest.mark.soak  # the first signal is sent in every run
def test_a_second_signal_does_not_wait(environment: Environment, tmp_path: Path) -> None:
    with started(environment, tmp_path, "up", "--workers", "1") as up:
        wait_until(says(tmp_path, "Running on the real clock"))
        family = up.children(recursive=True)
        guards = [child for child in family if "guard.py" in " ".join(child.cmdline())]
        for guard in guards:
            guard.suspend()  # so that stopping takes its time
        up.send_signal(signal.SIGTERM)
        wait_until(says(tmp_path, "Stopping"))
        up.send_signal(signal.SIGTERM)
        assert up.wait(PATIENCE) == 128 + signal.SIGTERM
        for guard in guards:
            guard.resume()
        _, left = psutil.wait_procs(family, PATIENCE)
        assert left == []


def test_a_slot_is_ended_with_all_that_it_started(environment: Environment, tmp_path: Path) -> None:
    at = "2026-02-20T17:00+07:00"
    with started(environment, tmp_path, "slot", "--at", at, "--workers", "2") as slot:
        wait_until(lambda: running(tmp_path / ".local") is not None)
        refused = command(environment, tmp_path, "client", "TELADAN", "--at", at)
        if slot.is_running():
            assert refused.returncode == 1
            assert "already (process" in refused.stderr
            assert end(slot, signal.SIGTERM) == 130
