"""The request limiter without Redis, and with one that is away."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest

from chalicelib.social.limiter import RateLimiter


@pytest.fixture
def dead_redis() -> Iterator[str]:
    """The URL of a port where nobody answers, kept from others while the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def test_without_redis_the_limit_holds_in_the_process() -> None:
    limiter = RateLimiter(None, 5)
    started = time.monotonic()
    for _ in range(6):
        limiter.acquire("instagram")
    assert time.monotonic() - started >= 0.9, "the sixth waits for the first's second to pass"


def test_each_name_has_a_limit_of_its_own() -> None:
    limiter = RateLimiter(None, 1)
    started = time.monotonic()
    for name in ("instagram", "tiktok", "a third", "a fourth"):
        limiter.acquire(name)
    assert time.monotonic() - started < 2.5, "four of one name would take three seconds"


def test_without_redis_there_is_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        RateLimiter(None, 5).acquire("instagram")
    assert caplog.messages == []


def test_a_redis_that_is_away_is_warned_of_once_and_the_process_limits_itself(
    dead_redis: str, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = RateLimiter(dead_redis, 5)
    with caplog.at_level(logging.WARNING):
        limiter.acquire("tiktok")
        started = time.monotonic()
        for _ in range(6):
            limiter.acquire("instagram")
    assert time.monotonic() - started >= 0.9
    assert caplog.messages == ["Redis is away (ConnectionError): limiting per process"]
