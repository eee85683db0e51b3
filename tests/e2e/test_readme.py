"""README's shell commands are run, as they stand, in a copy of the project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from local.environment import own_environment
from local.slot_run import SlotResult

PROJECT = Path(__file__).parents[2]
LEFT_OUT = (".venv", ".local", ".git", ".env", "tests", "docs", "*cache*", ".hypothesis")

NOT_RUN = {
    "make demo": "has a test of its own",
    "make test": "is what runs this",
    "make deploy ": "needs an account",
    "make status ": "needs an account",
    "aws ": "needs an account",
    "echo ": "hands a payload to chalice, which needs an account",
}


def commands() -> list[str]:
    """The lines of README's sh blocks, continued lines joined."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's files with this interpreter as its .venv, and nothing of this machine's."""
    copy = shutil.copytree(PROJECT, tmp_path / "p", ignore=shutil.ignore_patterns(*LEFT_OUT))
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def test_every_exception_is_needed() -> None:
    assert [start for start in NOT_RUN if not any(c.startswith(start) for c in commands())] == []


def test_every_command_runs(project: Path) -> None:
    run = [command for command in commands() if is_run(command)]
    assert len(run) >= 4
    answers = {command: _output(command, project) for command in run}
    [slot] = [answer for command, answer in answers.items() if " --json" in command]
    result = json.loads(slot.splitlines()[-1])
    assert list(result) == [field.name for field in fields(SlotResult)]
    assert (result["clients"], result["done"] + result["failed"]) == (6, 6)
    assert result["messages_sent"] == result["messages_queued"] > 0


def _output(command: str, project: Path) -> str:
    environment = own_environment() | {"COLUMNS": os.environ.get("COLUMNS", "100")}
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout
