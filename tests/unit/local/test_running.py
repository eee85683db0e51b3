"""A stack is found by what it announced, as long as its process lives."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from local.running import AlreadyRunning, Claim, running

ANOTHER = """
import sys
from pathlib import Path
from local.running import Claim
claim = Claim.of(Path(sys.argv[1]))
claim.announce({"REDIS_URL": "redis://x"}, stays=True)
print("ready", flush=True)
sys.stdin.read()
"""


def claimed(directory: Path) -> Claim:
    claim = Claim.of(directory)
    assert claim is not None
    return claim


def test_a_directory_is_claimed_by_one_at_a_time(tmp_path: Path) -> None:
    claim = claimed(tmp_path / "new")
    assert Claim.of(tmp_path / "new") is None
    claim.close()
    claimed(tmp_path / "new").close()


def test_a_stack_is_found_while_it_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    assert running(tmp_path / "never") is None
    claim = claimed(tmp_path)
    claim.announce({"DATABASE_URL": "postgresql://x/y"}, stays=True)
    found = running(tmp_path)
    assert found is not None
    assert (found.pid, found.stays) == (os.getpid(), True)
    assert found.settings == {"DATABASE_URL": "postgresql://x/y"}
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
    claim.close()
    assert running(tmp_path) is None


def test_a_stack_that_does_not_come_up_is_named(tmp_path: Path) -> None:
    claim = claimed(tmp_path)
    with pytest.raises(AlreadyRunning, match="it is starting"):
        running(tmp_path, patience=0)
    claim.close()


def test_what_a_killed_stack_left_is_no_stack(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        found = running(tmp_path)
        assert found is not None
        assert found.pid == other.pid
        other.kill()
        other.wait()
    assert (tmp_path / "stack.json").exists()
    assert running(tmp_path) is None
