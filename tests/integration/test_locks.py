"""Writers that meet at the same rows, at the same moment and in both orders: each one gets
through, and the tables are as if one had come after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.db import Row
from chalicelib.engagement import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.posts import fetch_posts
from chalicelib.runtime import Runtime
from local.sandbox import Scenario, crowd
from local.seed import seed
from tests.conftest import DAY, Measured, RuntimeAt
from tests.integration.overlap import Gate, Kept
from tests.integration.runs import start_run, whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables

CLIENT = "SATKER0001"
PAIRS = 100
UNCERTAIN = {"seconds", "started", "audit_id", "outbox_id", "tries"}
"""Columns that number rows, tell how long something took, or what was known as a run began."""


@pytest.fixture
def scenario() -> Scenario:
    return crowd(DAY, 1, posts=8, videos=8, likers=40, comments=12)


@pytest.fixture
def gate(service: SharedService) -> Iterator[Gate]:
    gate = Gate(service.environment["DATABASE_URL"])
    yield gate
    gate.close()


@pytest.fixture
def kept(tables: Tables) -> Iterator[Callable[[], Kept]]:
    """Keeps the tables' rows of the moment."""
    made: list[Kept] = []

    def keep() -> Kept:
        made.append(Kept(tables))
        return made[-1]

    yield keep
    if made:
        made[-1].drop()


def state(tables: Tables) -> dict[str, list[Row]]:
    """Every row, without its number and its duration; the operators' report tells its own."""
    return {
        name: sorted((_certain(row) for row in rows), key=str)
        for name, rows in tables.dump().items()
    }


def _certain(row: Row) -> Row:
    uncertain = UNCERTAIN | ({"message"} if row.get("kind") == "admin_report" else set())
    return {name: value for name, value in row.items() if name not in uncertain}


# --- two runs of one client -----------------------------------------------------------------


@pytest.fixture
def runs(
    service: SharedService, scenario: Scenario, runtime_at: RuntimeAt, tables: Tables
) -> list[tuple[Runtime, ClientJob]]:
    """A client's 20:58 run, which reads the later half of its posts, whose counts are hidden, and
    leaves the others unchanged, and the 21:00 run, which reads all."""
    seed(service.environment["DATABASE_URL"], scenario)
    whole_run(runtime_at("20:30"), CLIENT)
    part = runtime_at("20:58")
    some = start_run(part, CLIENT)
    fetch_posts(part, some)
    for table, key in (("insta_post", "shortcode"), ("tiktok_post", "video_id")):
        later = f"SELECT {key} FROM {table} ORDER BY {key} OFFSET 4"
        tables.run(
            f"UPDATE {table} SET like_count = NULL, comment_count = NULL WHERE {key} IN ({later})"
        )
    whole = runtime_at("21:00")
    return [(part, some), (whole, start_run(whole, CLIENT))]


MIDDLE = "SELECT 1 FROM insta_like ORDER BY shortcode OFFSET 4 LIMIT 1 FOR UPDATE"
FIRST = "SELECT 1 FROM insta_like ORDER BY shortcode LIMIT 1 FOR UPDATE"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["a part first", "all first"])
def test_two_runs_of_a_client_that_overlap_do_not_deadlock(
    order: tuple[int, int],
    runs: list[tuple[Runtime, ClientJob]],
    gate: Gate,
    tables: Tables,
    kept: Callable[[], Kept],
    measured: Measured,
) -> None:
    start = kept()
    works = [_work(*runs[number]) for number in order]
    for work in works:
        work()
    one_after_the_other = state(tables)
    for _ in range(PAIRS // 2):
        start.restore()
        gate.through(MIDDLE if order[0] == 0 else FIRST, works)
        assert state(tables) == one_after_the_other
    measured(f"{PAIRS // 2} overlapping runs of one client, order {order}: no deadlock")


def _work(runtime: Runtime, job: ClientJob) -> Callable[[], Any]:
    return lambda: refresh_engagement(runtime, job)
