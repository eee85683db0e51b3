"""One request rate for all processes, over a real Redis, and without it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from chalicelib.social.limiter import RateLimiter
from local.services import EmbeddedRedis
from tests.conftest import ROOT

PER_SECOND = 5
EACH = 6
SLACK_SECONDS = 0.2  # between a grant and the moment that is printed

PROGRAM = """
import sys, time
from chalicelib.social.limiter import RateLimiter
limiter = RateLimiter(sys.argv[1], int(sys.argv[2]))
input()
for _ in range(int(sys.argv[3])):
    limiter.acquire(sys.argv[4])
    print(time.time())
"""


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    """A Redis that the test may stop."""
    with EmbeddedRedis() as server:
        yield server


def test_two_processes_share_one_rate(redis: EmbeddedRedis) -> None:
    name = f"shared-{time.monotonic_ns()}"
    arguments = [sys.executable, "-c", PROGRAM, redis.url, str(PER_SECOND), str(EACH), name]
    both = [
        subprocess.Popen(
            arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    moments = sorted(
        float(line) for process in both for line in process.communicate(timeout=30)[0].split()
    )
    assert len(moments) == 2 * EACH
    spans = [later - first for first, later in zip(moments, moments[PER_SECOND:], strict=False)]
    assert min(spans) > 1 - SLACK_SECONDS


def test_two_names_have_a_rate_each(redis: EmbeddedRedis) -> None:
    limiter = RateLimiter(redis.url, PER_SECOND)
    number = time.monotonic_ns()
    started = time.monotonic()
    for api in (f"instagram-{number}", f"tiktok-{number}"):
        for _ in range(PER_SECOND):
            limiter.acquire(api)
    assert time.monotonic() - started < 1


def test_work_goes_on_when_redis_stops_with_one_warning(
    own_redis: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    limiter = RateLimiter(own_redis.url, 100)
    limiter.acquire("instagram")
    own_redis.stop()
    for _ in range(20):
        limiter.acquire("instagram")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "limiting per process" in caplog.text


def test_without_redis_the_rate_holds_per_process(own_redis: EmbeddedRedis) -> None:
    own_redis.stop()
    limiter = RateLimiter(own_redis.url, PER_SECOND)
    started = time.monotonic()
    for _ in range(PER_SECOND + 1):
        limiter.acquire("instagram")
    assert 1 - SLACK_SECONDS < time.monotonic() - started
