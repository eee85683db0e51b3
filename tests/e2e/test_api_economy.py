"""Whole slots against an API that limits: the shared rate, a storm of refusals, a used-up quota."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest

from local.sandbox import Scenario, crowd
from tests.e2e.conftest import NewDay

CLIENTS, PER_SECOND = 8, 5
TRAVEL_SECONDS = 1.0  # arrival at the API is not the moment of the grant


@pytest.fixture
def scenario() -> Scenario:
    return crowd(date(2026, 2, 20), CLIENTS, posts=2, likers=50, videos=1, comments=20)


def test_eight_workers_share_one_rate_through_a_storm_of_refusals(new_day: NewDay) -> None:
    day = new_day(RAPIDAPI_REQUESTS_PER_SECOND=str(PER_SECOND))
    day.sandbox.set_faults([{"kind": "rate_limit", "path": "/v1/likes", "times": 10}])

    result = day.slot("17:00", workers=8)

    assert (result.clients, result.done, result.failed) == (CLIENTS, CLIENTS, 0)
    for platform, times in day.sandbox.stats()["times"].items():
        assert len(times) > 2 * PER_SECOND
        for (first, began), (last, ended) in combinations(enumerate(times), 2):
            most = PER_SECOND * (ended - began + 1 + TRAVEL_SECONDS)
            assert last - first + 1 <= most, platform


@pytest.mark.soak  # integration/social/test_quota.py shows it in every run, without a host
def test_a_used_up_quota_stops_the_calls_is_told_once_and_mends_the_next_day(
    new_day: NewDay,
) -> None:
    day = new_day(RAPIDAPI_REQUESTS_PER_SECOND="1000")
    day.sandbox.set_faults([{"kind": "quota", "platform": "instagram", "times": None}])
    workers = 2

    for at in ("16:30", "17:00"):
        result = day.slot(at, workers=workers)
        assert (result.clients, result.done, result.failed) == (CLIENTS, 0, CLIENTS)
        assert result.messages_sent == result.messages_queued

    assert len(day.sandbox.stats()["times"]["instagram"]) <= workers
    kinds = [row["kind"] for row in day.rows("SELECT kind FROM wa_notification_outbox")]
    assert kinds.count("admin_alert") == 1
    verdicts = day.rows("SELECT DISTINCT fetch_result #>> '{tiktok,verdict}' AS v FROM client_run")
    assert [row["v"] for row in verdicts] == ["complete"]
    slots = day.rows("SELECT DISTINCT status FROM slot_run")
    assert [row["status"] for row in slots] == ["closed"]

    day.sandbox.set_faults([])
    result = day.slot("06:00", workers=workers, on="2026-02-21")
    assert (result.done, result.failed) == (CLIENTS, 0)
