"""What guards an API without Redis, and with one that is away."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest

from chalicelib.social.guard import Guard
from tests.unit.builders import wib


@pytest.fixture
def dead_redis() -> Iterator[str]:
    """The URL of a port where nobody answers, kept from others while the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def guard_of(redis_url: str | None, per_second: int) -> Guard:
    return Guard(redis_url, per_second, lambda: wib("17:00"))


def test_without_redis_the_limit_holds_in_the_process() -> None:
    guard = guard_of(None, 5)
    started = time.monotonic()
    for _ in range(6):
        guard.permit("instagram")
    assert time.monotonic() - started >= 0.9, "the sixth waits for the first's second to pass"


def test_each_name_has_a_limit_of_its_own() -> None:
    guard, names = guard_of(None, 1), 120
    started = time.monotonic()
    for number in range(names):
        guard.permit(f"api {number}")
    assert time.monotonic() - started < names - 1, "as long as so many of one name take at least"


def test_without_redis_there_is_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        guard_of(None, 5).permit("instagram")
    assert caplog.messages == []


def test_a_redis_that_is_away_is_warned_of_once_and_the_process_limits_itself(
    dead_redis: str, caplog: pytest.LogCaptureFixture
) -> None:
    guard = guard_of(dead_redis, 5)
    with caplog.at_level(logging.WARNING):
        guard.permit("tiktok")
        started = time.monotonic()
        for _ in range(6):
            guard.permit("instagram")
    assert time.monotonic() - started >= 0.9
    assert caplog.messages == ["Redis is away (ConnectionError): each process for itself"]
