"""`cicero bench`, small: its numbers agree with one another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.cicero.script import install
from local.environment import own_environment

ROOT = Path(__file__).resolve().parents[2]
LOAD = ("--posts", "2", "--likers", "120", "--videos", "1", "--comments", "60", "--latency", "20")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy, so that its .local is nobody else's."""
    for part in ("app.py", "chalicelib", "local", "wa_session_host", ".chalice"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    install(programs, sys.executable)
    return tmp_path


def bench(project: Path, *arguments: str) -> str:
    """What it prints."""
    run = subprocess.run(
        [project / ".venv" / "bin" / "cicero", "bench", "--moto", *arguments],
        cwd=project,
        env=own_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def report_of(project: Path, *arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(bench(project, "--json", *arguments).splitlines()[-1])
    return report


def test_a_slot_s_numbers_agree(project: Path) -> None:
    report = report_of(project, "--clients", "3", "--workers", "3", "--rate", "5", *LOAD)
    assert (report["clients"], report["done"], report["failed"]) == (3, 3, 0)
    assert report["queue_emulator"] == "moto"
    # one page of posts, twice 2 of likers; account, one page of videos, 2 of comments
    assert report["api_calls"] == report["api_calls_recorded"] == 3 * 8
    assert (report["one_by_one_clients"], report["one_by_one_calls"]) == (2, 16)
    assert report["one_by_one_seconds"] >= 24 * 0.02
    assert 0 < report["one_by_one_cpu"] < report["one_by_one_seconds"]
    assert report["floor_seconds"] == 3 * 5 / 5
    assert list(report["parts"]) == ["wait", "fetch", "hand_over", "engagement"]
    assert report["message_seconds"] > report["dispatch_seconds"]
    assert report["seconds"] >= report["floor_seconds"] - 1  # a moving window lets one burst in
    assert report["over_floor"] == pytest.approx(
        report["seconds"] / report["floor_seconds"], abs=0.02
    )
    assert report["ratio"] == pytest.approx(
        report["one_by_one_seconds"] / report["seconds"], abs=0.2
    )
    assert report["sql_per_client"] == pytest.approx(
        (report["sql_round_trips"] - report["sql_of_dispatch"]) / 3, abs=0.1
    )
    assert report["api_bytes"] > 27 * 500
    assert {"workers", "sandbox API", "PostgreSQL", "queue emulator"} <= set(report["cpu_seconds"])
    assert report["cpu_seconds"]["workers"] > 0
    assert 0 <= report["elsewhere_percent"] < 100
    assert 20 < report["worker_megabytes"]["first"] <= report["worker_megabytes"]["peak"] < 500
    assert 0 < report["import_ms"] < 5_000


@pytest.mark.soak
def test_a_dispatch_sends_every_client_its_job(project: Path) -> None:
    report = report_of(project, "--dispatch-only", "--clients", "30")
    assert (report["clients"], report["dispatched"]) == (30, 30)
    assert report["queue_seconds"] > 0
    assert report["megabytes"] < 300


@pytest.mark.soak
def test_the_profile_shows_where_the_time_goes(project: Path) -> None:
    told = bench(project, "--profile", "--clients", "4", "--workers", "2", *LOAD)
    assert "reading the APIs' answers" in told
    assert "one call at a time" in told
