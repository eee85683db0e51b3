"""What a client's run costs: SQL statements, API calls, and the index behind "today"."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.db.connection import query_text
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.posts.fetch import fetch_posts
from chalicelib.slots import WIB, day_bounds
from local.sandbox import Sandbox, Scenario, crowd
from local.seed import seed
from tests.conftest import DAY, RuntimeAt
from tests.integration import answers
from tests.integration.runs import refresh, start_run, whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables

STATEMENTS = {"16:30": 17, "17:00": 17, "17:30": 15}
"""A list is two statements more."""

TOMORROW = datetime(2026, 2, 21, 6, 0, tzinfo=WIB)
FEW, MANY = (1, 0), (50, 10)


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """One unit with so many posts and videos of the day; its TikTok account is known."""
    posts, videos = getattr(request, "param", (6, 3))
    return crowd(DAY, 1, posts=posts, videos=videos, likers=250, comments=120)


@pytest.fixture
def client(service: SharedService, scenario: Scenario) -> str:
    seed(service.environment["DATABASE_URL"], scenario)
    return "SATKER0001"


def costs(tables: Tables) -> list[tuple[int, int]]:
    """(SQL round trips, API requests) of each run, in order."""
    rows = tables.run("SELECT sql_round_trips, api_requests FROM client_run ORDER BY slot")
    return [(row["sql_round_trips"], row["api_requests"]) for row in rows]


@pytest.mark.parametrize("scenario", [FEW, MANY], ids=["1 post", "60 posts"], indirect=True)
def test_a_run_takes_as_many_statements_whatever_the_number_of_posts(
    runtime_at: RuntimeAt, tables: Tables, client: str
) -> None:
    for clock, statements in STATEMENTS.items():
        runtime = runtime_at(clock)
        start_run(runtime, "CONTOH")  # keeps the slot open
        job = start_run(runtime, client)
        before = runtime.db.round_trips
        fetch_posts(runtime, job)
        refresh_engagement(runtime, job)
        recorded = tables.value(
            "SELECT sql_round_trips FROM client_run WHERE slot = :slot AND client_id = :client",
            slot=job.slot,
            client=client,
        )
        assert runtime.db.round_trips - before == recorded == statements


PAGES = 2 + 6 * 3 + 3 * 3


def play(runtime_at: RuntimeAt, client: str, *clocks: str) -> None:
    """Slots of the day; from 21:00 on the gate is closed."""
    for clock in clocks:
        play_one = refresh if clock >= "21:00" else whole_run
        play_one(runtime_at(clock), client)


def test_a_full_slot_takes_a_call_per_page_and_a_quiet_one_two(
    runtime_at: RuntimeAt, tables: Tables, client: str
) -> None:
    """The last slot makes sure of all that has been read once."""
    play(runtime_at, client, "16:00", "16:30", "20:58", "21:00", "21:58")
    assert [api for _, api in costs(tables)] == [PAGES, 2, 2, 2, PAGES]


def test_a_look_at_a_closed_gate_reads_what_has_grown_and_stores_no_post(
    runtime_at: RuntimeAt, tables: Tables, client: str
) -> None:
    play(runtime_at, client, "16:00")
    posts = tables.dump_of("insta_post"), tables.dump_of("client_content")
    gone = tables.value("SELECT min(shortcode) FROM insta_post")
    tables.run("UPDATE coverage SET count = count - 1 WHERE content_id = :gone", gone=gone)
    play(runtime_at, client, "21:00", "21:30")
    assert [api for _, api in costs(tables)] == [PAGES, 2 + 3, 2]
    assert posts == (tables.dump_of("insta_post"), tables.dump_of("client_content"))
    counts = "SELECT count FROM coverage WHERE content_id = :gone ORDER BY slot DESC LIMIT 1"
    assert tables.value(counts, gone=gone) == 250


def test_a_look_that_fails_leaves_nothing_unread(
    runtime_at: RuntimeAt, tables: Tables, client: str, sandbox: Sandbox
) -> None:
    play(runtime_at, client, "16:00")
    runtime = runtime_at("21:00")
    sandbox.set_faults([answers.refused(answers.POSTS)])
    refresh(runtime, client)
    assert [api for _, api in costs(tables)] == [PAGES, 2 + 6 * 3]
    assert tables.value("SELECT outcome FROM client_run ORDER BY slot DESC LIMIT 1") == "done"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("SELECT 1 AS one", 0),
        ("UPDATE coverage SET count = count - 1", PAGES - 2),
        ("UPDATE coverage SET complete = false, ended = 'capped'", PAGES - 2),
        ("DELETE FROM coverage WHERE slot < '2026-02-20 21:58+07'", PAGES - 2),
        ("DELETE FROM coverage", PAGES - 2),
    ],
    ids=["nothing", "its count", "its list was cut", "nothing since its last change", "never read"],
)
def test_the_closing_read_asks_for_what_changed_or_was_not_sure(
    runtime_at: RuntimeAt, tables: Tables, client: str, change: str, expected: int
) -> None:
    play(runtime_at, client, "20:58", "21:58")
    tables.run(change)
    kept = tables.dump_of("insta_like_audit")
    whole_run(runtime_at(TOMORROW), client)
    assert costs(tables)[-1][1] == 2 + expected  # the feeds go back to yesterday
    assert tables.count("insta_like") == 6
    of_that_day = [row for row in tables.dump_of("insta_like_audit") if row in kept]
    assert of_that_day == kept  # what was said of yesterday's half hours stays
    assert tables.count("content_change") == 9


# --- the index behind "today" ---------------------------------------------------------------

HISTORY = """
INSERT INTO clients (client_id, nama) SELECT 'LAIN' || n, 'Lain' FROM generate_series(1, 200) AS n;
INSERT INTO insta_post (shortcode, client_id, created_at, source_type)
SELECT 'P' || n, 'LAIN' || (n % 200 + 1),
  timestamp '2026-02-20 20:00' - n * interval '20 minutes', 'cron_fetch'
FROM generate_series(1, 20000) AS n;
INSERT INTO insta_post_clients (shortcode, client_id, created_at)
SELECT shortcode, client_id, created_at FROM insta_post WHERE client_id LIKE 'LAIN%';
INSERT INTO tiktok_post (video_id, client_id, created_at, source_type)
SELECT 'V' || n, 'LAIN' || (n % 200 + 1),
  timestamptz '2026-02-20 20:00+07' - n * interval '20 minutes', 'cron_fetch'
FROM generate_series(1, 20000) AS n;
INSERT INTO tiktok_post_clients (video_id, client_id, created_at)
SELECT video_id, client_id, created_at FROM tiktok_post WHERE client_id LIKE 'LAIN%';
INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, pages, ended, share,
  complete, tries)
SELECT 'instagram', shortcode, client_id, slot, slot, 9, 1, 'short', 0.5, false, 1
FROM insta_post, generate_series(timestamptz '2026-02-20 06:00+07', '2026-02-20 15:00+07',
  interval '30 minutes') AS slot
WHERE client_id LIKE 'LAIN%';
ANALYZE
"""


def test_the_day_s_posts_are_found_by_an_index_whatever_the_history(
    tables: Tables, runtime_at: RuntimeAt
) -> None:
    runtime = runtime_at("17:00")
    for statement in HISTORY.split(";"):
        tables.run(statement)
    start, end = day_bounds(DAY)
    of = {"slot": runtime.now(), "client_id": "LAIN7", "wib_day": DAY, "now": runtime.now()}
    plan = explain(
        tables.database, "engagement.begin", day_start=start, day_end=end, note_links=False, **of
    )
    scanned = {node["Relation Name"]: node for node in plan if node["Node Type"] == "Seq Scan"}
    assert not {"insta_post", "insta_post_clients", "tiktok_post", "tiktok_post_clients"} & set(
        scanned
    )
    assert "coverage" not in scanned
    indexes = {node.get("Index Name") for node in plan}
    assert {"cicero_insta_post_clients_day", "cicero_tiktok_post_clients_day"} <= indexes
    for query, parameters in (
        ("reports.uncovered", {"slot": start, "day_start": start}),
        ("reports.prune_coverage", {"before": start, "batch": 500}),
    ):
        plan = explain(tables.database, query, **parameters)
        kinds = {node["Node Type"] for node in plan if node.get("Relation Name") == "coverage"}
        assert "Seq Scan" not in kinds, query


def explain(database: Database, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The nodes of a named query's plan."""
    with database.transaction():
        [row] = database.execute(f"EXPLAIN (FORMAT JSON) {query_text(query)}", **parameters)
    [top] = next(iter(row.values()))
    return list(nodes(top["Plan"]))


def nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


RUNS = """
INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at)
SELECT timestamptz '2026-02-20 06:00+07' - n * interval '30 minutes', 'LAIN' || c, 'schedule',
  true, now(), now()
FROM generate_series(1, 200) AS n, generate_series(1, 100) AS c;
ANALYZE client_run
"""


def test_a_client_s_runs_of_the_day_are_found_by_an_index_whatever_the_history(
    tables: Tables, runtime_at: RuntimeAt
) -> None:
    runtime = runtime_at("17:00")
    for statement in RUNS.split(";"):
        tables.run(statement)
    start, _ = day_bounds(DAY)
    of = {"slot": runtime.now(), "client_id": "LAIN7", "day_start": start}
    plan = explain(tables.database, "posts.begin", **of)
    earlier = [node for node in plan if node.get("Alias") in ("e", "e_1")]
    assert {node.get("Index Name") for node in earlier} == {"client_run_client"}
