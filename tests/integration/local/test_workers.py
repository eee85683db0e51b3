"""Worker processes that die at their start, once or each time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.runner import Runner
from local.worker import Worker, WorkerDied, WorkerUnusable


@pytest.fixture
def worker(service_environment: dict[str, str]) -> Iterator[Worker]:
    started = Worker(service_environment)
    yield started
    started.stop()


def test_a_worker_that_dies_while_it_starts_is_replaced(worker: Worker) -> None:
    first = worker.pid
    os.kill(first, signal.SIGKILL)
    assert "fetch_posts" in worker.mappings.values()
    assert worker.pid != first
    assert worker.invoke("outbox", {"action": "list"}, None).error is None


def test_a_worker_that_dies_between_two_jobs_is_replaced(worker: Worker) -> None:
    _ = worker.mappings
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        worker.invoke("outbox", {"action": "list"}, None)
    assert worker.invoke("outbox", {"action": "list"}, None).error is None


def test_workers_that_never_start_are_one_error_that_says_why(
    service_environment: dict[str, str],
) -> None:
    wrong = service_environment | {"RAPIDAPI_ATTEMPTS": "many"}
    with pytest.raises(WorkerUnusable, match="RAPIDAPI_ATTEMPTS"), Runner(wrong, workers=2):
        pytest.fail("it came up")


def test_a_worker_that_is_killed_at_each_start_is_named_with_its_signal(
    service_environment: dict[str, str],
) -> None:
    class Doomed(Worker):
        """Killed as soon as it is there."""

        def _spawn(self) -> tuple[object, object]:  # type: ignore[override]
            process, pipe = super()._spawn()
            process.kill()
            return process, pipe

    worker = Doomed(service_environment)
    with pytest.raises(WorkerUnusable, match="ended by SIGKILL"):
        _ = worker.mappings
    worker.stop()


def test_all_workers_killed_at_their_start_are_replaced(
    service_environment: dict[str, str],
) -> None:
    runner = Runner(service_environment, workers=3)
    with runner:
        for worker in runner.all_workers:
            os.kill(worker.pid, signal.SIGKILL)
        errors: list[str | None] = []
        while len(errors) < 3:
            with suppress(WorkerDied):
                errors.append(runner.invoke("outbox", {"action": "list"}).error)
        assert errors == [None] * 3
