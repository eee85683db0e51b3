"""What is deployed: the project's files as git has them, and nothing else from its directory."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from local.deploy.account import DeployError

DEPLOYED = (
    *("app.py", "requirements.txt", "chalicelib"),
    *(f".chalice/{name}" for name in ("config.json", "policies", "resources.json", "watch.json")),
)
_NAMED = 5


def take(project: Path, target: Path) -> list[str]:
    """Writes the deployed files into `target`, from scratch; returns remarks on what is deployed
    although it is in no commit, and on what is not deployed although it is there.

    They are those of git's index: of the checked-out commit, as long as nothing else was staged.
    A directory that git does not know is copied instead, without compiled Python files. Raises
    DeployError with git's reason if it cannot say what it has.
    """
    shutil.rmtree(target, ignore_errors=True)
    unknown = _unknown_to_git(project)
    if unknown:
        _copy(project, target)
        return [f"{unknown}: deployed is the directory as it is, with whatever lies in it"]
    tree = _git(project, "write-tree").decode().strip()
    packed = _git(project, "archive", tree, "--", *DEPLOYED)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(target, filter="data")
    return _remarks(_git(project, "status", *_STATUS, "--", *DEPLOYED).decode().split("\0"))


_STATUS = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")


def _unknown_to_git(project: Path) -> str:
    """Why git cannot say what is deployed; empty if it can."""
    try:
        known = _git(project, "ls-files", "--", "app.py")
    except FileNotFoundError:
        return "git is not installed"
    except DeployError as error:
        return str(error)
    return "" if known else "git does not track this directory's app.py"


def _remarks(lines: list[str]) -> list[str]:
    """From git's status, as `XY path`: X is what was staged, Y what was not."""
    changes = [(line[:2], line[3:]) for line in lines if line]
    staged = [path for state, path in changes if state[0] not in " ?"]
    left_out = [path for state, path in changes if state[1] != " "]
    remarks = []
    if staged:
        remarks.append(f"deployed, though not committed: {_some(staged)}")
    if left_out:
        remarks.append(f"not deployed, since `git add` has not seen it: {_some(left_out)}")
    return remarks


def _some(paths: list[str]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _copy(project: Path, target: Path) -> None:
    compiled = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in DEPLOYED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (project / name).is_dir():
            shutil.copytree(project / name, target / name, ignore=compiled)
        else:
            shutil.copy(project / name, target / name)


def _git(project: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(project), "-c", "core.autocrlf=false", *arguments]
    ran = subprocess.run(command, capture_output=True, check=False)
    if ran.returncode:
        reason = " ".join(ran.stderr.decode(errors="replace").split())
        raise DeployError(f"git {arguments[0]}: {reason}")
    return ran.stdout
