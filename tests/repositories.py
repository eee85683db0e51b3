"""Git repositories as a test needs them, whatever this machine's own configuration of git says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_OWN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_AUTHOR = ("-c", "user.name=x", "-c", "user.email=x@example.id")


def git(directory: Path, *arguments: str) -> None:
    """Runs git there; skips the test where there is none."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    command = ["git", "-C", str(directory), *_AUTHOR, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | _OWN)


def commit_all(directory: Path, *ignored: str) -> None:
    """Makes a repository of the directory, with one commit of everything but what is ignored."""
    (directory / ".gitignore").write_text("\n".join(ignored) + "\n")
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-qm", "x")
