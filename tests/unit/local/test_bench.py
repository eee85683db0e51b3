"""The bench's arithmetic: the walk of a client, floor, ratio, parts and history."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.social.content import username
from local.bench import history
from local.bench.emulator import emulator
from local.bench.floor import floor_of, ratio
from local.bench.load import DAY, SLOT, Load
from local.bench.meter import MEGABYTE, WorkerMemory, elsewhere_percent, part_of
from local.bench.parts import ENGAGEMENT, FETCH, Jobs, parts_of
from local.bench.walk import Baseline, Walk, walk
from local.profiler import OTHER, Profiler, part_of_file, profiles
from local.sandbox.answer import Answer
from local.sandbox.scenario import WIB, crowd
from local.sandbox.state import SandboxState
from local.worker import Returned

MIDNIGHT = datetime(DAY.year, DAY.month, DAY.day, tzinfo=WIB)


def walked(posts: int, likers: int, videos: int, comments: int) -> tuple[Walk, SandboxState]:
    state = SandboxState(crowd(DAY, 1, posts, likers, videos, comments).world)
    state.set_now(SLOT.at)

    def get(path: str, params: dict[str, str]) -> Answer:
        return state.answer(path, params, "key")

    return walk(get, "satker0001", MIDNIGHT), state


@pytest.mark.parametrize(
    ("load", "calls", "chain"),
    [
        # a page of posts, six times 3 of likers; a page of videos, 3 times 3 of comments
        ((6, 250, 3, 120), 1 + 18 + 1 + 9, 1 + 3),
        ((6, 100, 3, 40), 1 + 6 + 1 + 3, 1 + 1),
        ((0, 0, 0, 0), 1 + 1, 1),
        ((2, 950, 1, 10), 1 + 20 + 1 + 1, 1 + 10),
    ],
)
def test_a_walk_makes_every_call_once_and_finds_the_longest_chain(
    load: tuple[int, int, int, int], calls: int, chain: int
) -> None:
    found, state = walked(*load)
    assert found == Walk(calls, chain)
    assert state.stats()["total"] == calls


def test_without_a_rate_the_floor_is_the_longest_chain() -> None:
    floor = floor_of({"instagram": 10_000}, rate=0, chain=5, latency=0.15)
    assert floor.seconds == pytest.approx(0.75)
    assert "5 × 150 ms" in floor.rule


def test_with_a_rate_the_busier_api_sets_the_floor() -> None:
    floor = floor_of({"instagram": 1900, "tiktok": 1100}, rate=20, chain=5, latency=0.15)
    assert floor.seconds == 95
    assert "1900 calls of instagram ÷ 20" in floor.rule
    assert floor.times(190) == 2


@given(
    st.dictionaries(st.sampled_from(["instagram", "tiktok"]), st.integers(0, 10**6), min_size=1),
    st.integers(1, 1000),
    st.integers(1, 50),
    st.floats(0.001, 5),
)
def test_no_floor_is_below_what_the_rate_or_the_chain_needs(
    calls: dict[str, int], rate: int, chain: int, latency: float
) -> None:
    seconds = floor_of(calls, rate, chain, latency).seconds
    assert seconds == max(max(calls.values()) / rate, chain * latency)


def test_the_ratio_compares_with_the_baseline_of_all_clients() -> None:
    baseline = Baseline(clients=2, calls=60, chain=5, seconds=9.0, cpu=0.1)
    assert ratio(baseline.seconds_for(100), 10.0) == 45.0


@pytest.mark.parametrize(
    ("option", "made"),
    [
        ("--clients", lambda: Load(clients=0)),
        ("--workers", lambda: Load(workers=0)),
        ("--rate", lambda: Load(rate=-1)),
        ("--latency", lambda: Load(latency_ms=-1)),
    ],
)
def test_a_load_that_is_none_names_its_option(option: str, made: Callable[[], Load]) -> None:
    with pytest.raises(BadInput, match=option):
        made()


def test_every_process_of_the_stack_has_its_part() -> None:
    assert [
        part_of(command)
        for command in (
            "python -m local.sandbox.child",
            "postgres: postgres postgres [local] idle",
            "/x/bin/redis-server 127.0.0.1:7000",
            "node /x/fauxqs.mjs /y 4000",
            "python -m moto.server -p 1",
            "python -c from multiprocessing.resource_tracker import main",
        )
    ] == ["sandbox API", "PostgreSQL", "Redis", "queue emulator", "queue emulator", "other"]


def test_what_others_used_is_what_is_busy_and_not_the_run_s() -> None:
    assert elsewhere_percent((100.0, 400.0), (116.0, 420.0), own=11.0) == 25.0
    assert elsewhere_percent((100.0, 400.0), (110.0, 420.0), own=10.5) == 0.0


def test_memory_is_that_after_each_worker_s_first_and_last_client() -> None:
    memory = WorkerMemory("refresh_engagement")
    for handler, pid, megabytes in (
        ("fetch_posts", 1, 500),
        ("refresh_engagement", 1, 80),
        ("refresh_engagement", 2, 90),
        ("refresh_engagement", 1, 82),
        ("refresh_engagement", 1, 84),
    ):
        memory(handler, pid, Returned(None, None, None, 0, 0, memory=megabytes * MEGABYTE))
    assert memory.megabytes() == {"first": 85.0, "last": 87.0, "peak": 90.0}


def test_without_npx_moto_plays_sqs_and_the_name_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with emulator() as found:
        assert found.name == "moto (no npx on PATH)"
        assert found.settings == {}


def test_a_run_is_added_to_its_own_table() -> None:
    page = "### Slots\n\n| a |\n|---|\n| 1 |\n\n### Dispatch\n\n| b |\n|---|\n"
    with_slot = history.with_line(page, history.SLOTS, "| 2 |")
    assert with_slot == page.replace("| 1 |\n", "| 1 |\n| 2 |\n")
    assert history.with_line(page, history.DISPATCHES, "| 3 |") == page + "| 3 |\n"


def test_the_history_s_heads_are_those_of_its_lines() -> None:
    page = history.PAGE.read_text("utf-8")
    report: dict[str, Any] = dict.fromkeys(
        ("clients", "workers", "rate", "seconds", "floor_seconds", "over_floor", "ratio",
         "api_calls", "sql_per_client", "elsewhere_percent", "import_ms",
         "sql_round_trips", "megabytes", "one_by_one_cpu"), 1
    )  # fmt: skip
    report |= {"cpu_seconds": {"workers": 1}, "worker_megabytes": {"first": 1, "last": 1}}
    for heading, cells in (
        (history.SLOTS, history.slot_cells(report)),
        (history.DISPATCHES, history.dispatch_cells(report)),
    ):
        table = page.split(f"{heading}\n", 1)[1].lstrip().split("\n\n", 1)[0]
        lines = {line.count("|") - 1 for line in table.splitlines()}
        assert lines == {len(cells) + 2}  # with the date and the remark


def test_a_profile_names_the_part_and_the_function_in_every_thread(tmp_path: Path) -> None:
    with Profiler(tmp_path), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: [username(f"Nama.{n}") for n in range(2000)]).result()
    found = profiles(tmp_path)
    assert found["reading the APIs' answers", "content.username"] > 0


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("/x/chalicelib/social/guard.py", "limiter and breaker (Redis)"),
        ("/x/site-packages/urllib3/connection.py", "HTTP"),
        ("/x/chalicelib/social/instagram.py", "reading the APIs' answers"),
        ("/x/site-packages/pg8000/core.py", "PostgreSQL"),
        ("/x/site-packages/botocore/client.py", "SQS"),
        ("/x/chalicelib/engagement/refresh.py", "rules"),
        ("/usr/lib/python3/random.py", OTHER),
    ],
)
def test_a_source_file_belongs_to_a_part(file: str, part: str) -> None:
    assert part_of_file(file) == part


SECONDS = st.floats(0, 60)
RUNS = st.lists(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS), min_size=1, max_size=9)


@given(st.floats(0, 60), RUNS)
def test_a_slot_s_parts_add_up_to_the_mean_client_s_end(
    dispatched: float, clients: list[tuple[float, float, float, float]]
) -> None:
    fetches, refreshes = [], []
    for wait, fetch, hand_over, refresh in clients:
        began = dispatched + wait
        again = began + fetch + hand_over
        fetches.append((began, began + fetch))
        refreshes.append((again, again + refresh))
    parts = parts_of({FETCH: fetches, ENGAGEMENT: refreshes[::-1]}, dispatched)
    assert list(parts) == ["wait", "fetch", "hand_over", "engagement"]
    ends = sum(end for _, end in refreshes) / len(refreshes)
    assert dispatched + sum(parts.values()) == pytest.approx(ends, abs=0.01)


def test_jobs_know_when_each_run_began_and_ended() -> None:
    jobs, answer = Jobs(), Returned(None, None, None, 0, 0)
    jobs.begins(FETCH, 7)
    jobs.begins(ENGAGEMENT, 8)
    jobs.ends(FETCH, 7, answer)
    jobs.begins(FETCH, 7)
    jobs.ends(ENGAGEMENT, 8, answer)
    jobs.ends(FETCH, 7, answer)
    assert {name: len(runs) for name, runs in jobs.runs.items()} == {FETCH: 2, ENGAGEMENT: 1}
    assert all(began <= ended for runs in jobs.runs.values() for began, ended in runs)
