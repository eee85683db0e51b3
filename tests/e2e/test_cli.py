"""`python -m local`: outside services, the JSON line, and what bad input answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from chalicelib.db import Database, Row
from chalicelib.slots import Slot
from local.sandbox import Sandbox, Scenario, crowd
from local.seed import seed
from tests.forks.forks import forked
from tests.sandbox import SandboxThread

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, POSTS, VIDEOS = 50, 2, 1


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return crowd(date(2026, 2, 20), CLIENTS, posts=POSTS, likers=120, videos=VIDEOS, comments=60)


@pytest.fixture(scope="module")
def sandbox(scenario: Scenario) -> Iterator[Sandbox]:
    """One for all tests; it counts requests on from one to the next."""
    with SandboxThread(scenario, latency_seconds=0.15) as api:
        yield api


@pytest.fixture
def outside(
    new_environment: Callable[[], dict[str, str]], sandbox: Sandbox, scenario: Scenario
) -> dict[str, str]:
    """PostgreSQL, Redis, SQS and APIs that the command finds running."""
    values = new_environment() | {
        "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
        "RAPIDAPI_TIKTOK_HOST": sandbox.url,
    }
    seed(values["DATABASE_URL"], scenario)
    return values


def local(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        forked("local", *arguments),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_client_whose_gate_is_open_gets_its_posts_however_long_it_takes(
    outside: dict[str, str], sandbox: Sandbox
) -> None:
    at = "2026-02-20T21:30+07:00"
    sandbox.set_now(Slot.parse(at).at)
    before = sum(sandbox.requests.values())

    run = local(outside, "slot", "--at", at, "--json", "--workers", "6")

    result = json.loads(run.stdout.splitlines()[-1])
    assert run.returncode == 0, run.stderr
    assert (result["slot"], result["clients"], result["done"], result["failed"]) == (at, 50, 50, 0)
    assert result["messages_sent"] == result["messages_queued"] > 0
    assert result["api_requests"] == sum(sandbox.requests.values()) - before
    assert set(result) == {
        "slot", "clients", "done", "failed", "seconds", "api_requests", "sql_round_trips",
        "messages_queued", "messages_sent",
    }  # fmt: skip
    directorates = CLIENTS // 5  # at 21:30 the gate is open for segment B only
    assert count(outside, "insta_post") == directorates * POSTS
    assert count(outside, "tiktok_post") == directorates * VIDEOS
    fetched = count(outside, "client_run WHERE fetch_posts AND fetched_at IS NOT NULL")
    assert fetched == directorates


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("slot", "--at", "2026-02-20T17:10"), "--at: 2026-02-20 17:10:00 WIB is not a slot"),
        (("slot", "--at", "tomorrow"), "--at: 'tomorrow' is not a time"),
        (("slot",), "Missing option '--at'"),
        (("slot", "--at", "2026-02-20T17:00", "--workers", "0"), "0 is not in the range x>=1"),
        (("bench", "--clients", "0"), "0 is not in the range x>=1"),
        (("client", "NOBODY", "--at", "2026-02-20T17:00"), "client_id: there is no client"),
        (("demo", "--day", "20-02-2026"), "--day: '20-02-2026' is not a day"),
        (("add-post", "NOBODY", "C8c2MRqtPfS"), "client_id: there is no client"),
        (("add-post", "SATKER0001"), "Missing argument 'LINK'"),
        (("restore-post", "C8c2MRqtPfS"), "content_id: 'C8c2MRqtPfS' is not in the archive"),
        (("outbox", "redrive", "4711"), "outbox_id: there is no message 4711"),
        (("outbox", "show", "x"), "'x' is not a valid integer"),
        (("outbox", "list", "--status", "lost"), "status: Input should be"),
        (("client", "NOBODY", "--at", "2026-02-20T17:00", "--dry-run"), "client_id: there is no"),
    ],
)
def test_bad_input_is_one_clear_message_and_writes_nothing(
    outside: dict[str, str], arguments: tuple[str, ...], named: str
) -> None:
    run = local(outside, *arguments)

    assert run.returncode == 2
    assert named in run.stderr
    assert "Traceback" not in run.stderr
    assert count(outside, "slot_run") == count(outside, "client_run") == 0


def test_a_post_is_added_by_its_link(
    outside: dict[str, str], sandbox: Sandbox, scenario: Scenario
) -> None:
    now = Slot.parse("2026-02-20T17:00+07:00").at
    account = scenario.world.account("instagram", "satker0002")
    assert account is not None
    code = scenario.world.feed(account, now)[0].code
    sandbox.set_now(now)

    run = local(
        outside | {"CICERO_NOW": now.isoformat()},
        "add-post",
        "satker0001",
        f"https://www.instagram.com/p/{code}/",
        "--json",
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "platform": "instagram",
        "content_id": code,
        "client_id": "SATKER0001",
        "source_type": "manual_input",
        "new": True,
    }
    stored = f"insta_post WHERE shortcode = '{code}' AND created_at = '2026-02-20 17:00'"
    assert count(outside, stored) == 1


def test_a_dry_run_prints_the_plans_as_data_and_text_and_writes_nothing(
    outside: dict[str, str],
) -> None:
    at = ("--at", "2026-02-20T17:00", "--dry-run")

    one, all_of_them = local(outside, "client", "satker0001", *at), local(outside, "slot", *at)

    assert one.returncode == all_of_them.returncode == 0, one.stderr + all_of_them.stderr
    why, data, title, *_ = one.stdout.splitlines()
    assert why.startswith("SATKER0001: task_list, because the list of hour 2026-02-20-17")
    assert json.loads(data)["key"].startswith("task_list:SATKER0001:")
    assert title == "*DAFTAR TUGAS LIKES & KOMENTAR*"
    assert one.stdout in all_of_them.stdout
    assert all_of_them.stdout.count(": task_list, because") == CLIENTS
    assert count(outside, "slot_run") == count(outside, "wa_notification_outbox") == 0


def test_a_message_is_listed_shown_cancelled_and_listed_again(outside: dict[str, str]) -> None:
    execute(
        outside,
        """INSERT INTO wa_notification_outbox (client_id, group_id, session, kind, slot, message,
          idempotency_key, status, expires_at)
        VALUES ('SATKER0001', '1@g.us', 'gateway', 'task_list', now(), '*DAFTAR*', 'k',
          'dead_letter', now() + interval '1 hour')""",
    )

    listed = local(outside, "outbox", "list", "--status", "dead_letter")
    shown = local(outside, "outbox", "show", "1")
    again = local(outside, "outbox", "redrive", "1", "--json")
    over = local(outside, "outbox", "cancel", "1", "--json")

    assert "SATKER0001" in listed.stdout
    assert "DAFTAR" not in listed.stdout
    assert shown.stdout.endswith("\n\n*DAFTAR*\n")
    assert json.loads(again.stdout)["published"] is True, again.stderr
    assert json.loads(over.stdout)["status"] == "cancelled", over.stderr
    assert count(outside, "wa_notification_outbox WHERE status = 'cancelled'") == 1


def test_an_unreachable_database_is_one_clear_message(outside: dict[str, str]) -> None:
    gone = outside | {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:9/none"}

    run = local(gone, "slot", "--at", "2026-02-20T17:00")

    assert run.returncode == 2
    assert "PostgreSQL cannot be reached" in run.stderr
    assert "DATABASE_URL" in run.stderr
    assert "secret" not in run.stderr
    assert "Traceback" not in run.stderr


def test_wrong_settings_are_all_named_at_once(outside: dict[str, str]) -> None:
    wrong = outside | {"DATABASE_URL": "mysql://x", "TASK_LIST_WINDOW_END": "late"}

    run = local(wrong, "slot", "--at", "2026-02-20T17:00")

    assert run.returncode == 2
    assert "DATABASE_URL: must start with postgresql://" in run.stderr
    assert "TASK_LIST_WINDOW_END" in run.stderr


def test_the_host_without_a_database_says_so(outside: dict[str, str], tmp_path: Path) -> None:
    values = {name: value for name, value in outside.items() if name != "DATABASE_URL"}

    run = subprocess.run(
        forked("wa_session_host"),
        cwd=tmp_path,
        env=values | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 2
    assert "DATABASE_URL is not set" in run.stderr
    assert "Traceback" not in run.stderr


def count(environment: dict[str, str], of: str) -> int:
    return int(execute(environment, f"SELECT count(*) AS n FROM {of}")[0]["n"])


def execute(environment: dict[str, str], sql: str) -> list[Row]:
    database = Database(environment["DATABASE_URL"])
    with database.transaction():
        rows = database.execute(sql)
    database.close()
    return rows
