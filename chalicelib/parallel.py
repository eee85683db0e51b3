"""Work in parallel on a bounded pool. Pure: the pool is the caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextvars import copy_context
from typing import TypeVar

Given = TypeVar("Given")
Output = TypeVar("Output")


def side_by_side(
    pool: Executor, work: Callable[[Given], Output], items: Iterable[Given]
) -> list[Output]:
    """Runs `work` over the items on the pool and returns the results in the items' order. If a call
    raises, the error is raised here after all have ended. Log lines from there carry the caller's
    fields (`logs.about`)."""
    futures = [pool.submit(copy_context().run, work, item) for item in items]
    for future in futures:
        future.exception()
    return [future.result() for future in futures]
