"""Days for whole slots, each over a database and queues of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from local.environment import environment
from local.sandbox import Sandbox, Scenario
from local.seed import seed
from local.stack import Stack
from tests.e2e.day import Day


class NewDay(Protocol):
    """Makes a day; settings of its own by name."""

    def __call__(self, **settings: str) -> Day: ...


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
            return Day(stack, sandbox)

        yield make


@pytest.fixture
def day(new_day: NewDay) -> Day:
    return new_day()
