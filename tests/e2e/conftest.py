"""Days for whole slots, each over a database and queues of its own; the bundle that is deployed."""

from __future__ import annotations

import fcntl
import os
import platform
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from local.deploy.functions import package
from local.deploy.project import write_project
from local.deploy.stages import load_stage
from local.environment import environment
from local.sandbox import Sandbox, Scenario
from local.seed import seed
from local.stack import Stack
from tests.conftest import ROOT
from tests.e2e.day import Day
from tests.forks.forks import forked

HERE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
"""Lambda's name for this machine's architecture."""


class NewDay(Protocol):
    """Makes a day; settings of its own by name."""

    def __call__(self, **settings: str) -> Day: ...


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For this machine, packaged once: workers that run beside each other share it."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (run / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return package_for(HERE, run / "packaged")


def package_for(architecture: str, directory: Path) -> Path:
    """The project's bundle for that architecture, made in this directory."""
    stage = load_stage(ROOT, "dev").model_copy(update={"architecture": architecture})
    if not directory.exists():
        write_project(ROOT, directory, stage, account="0" * 12)
    return package(directory, architecture)


@pytest.fixture(scope="session")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as Lambda unpacks it."""
    directory = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(directory)
    return directory


@pytest.fixture
def new_day(
    new_environment: Callable[[], dict[str, str]],
    sandbox: Sandbox,
    scenario: Scenario,
    tmp_path: Path,
) -> Iterator[NewDay]:
    """Makes days that share the sandbox API and nothing else."""
    with ExitStack() as parts:

        def make(**settings: str) -> Day:
            values = (
                new_environment()
                | settings
                | {
                    "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
                    "RAPIDAPI_TIKTOK_HOST": sandbox.url,
                }
            )
            seed(values["DATABASE_URL"], scenario)
            with environment(values):
                stack = parts.enter_context(Stack(tmp_path / "stack", scenario, visibility=2))
            stack.host_command = forked("wa_session_host")
            return Day(stack, sandbox)

        yield make


@pytest.fixture
def day(new_day: NewDay) -> Day:
    return new_day()
