"""A TikTok account is asked for once, and again when it turns out to be the wrong one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from chalicelib.slots import WIB
from local.sandbox import Sandbox, Scenario, ids
from tests.conftest import RuntimeAt
from tests.integration import answers
from tests.integration.answers import USER_INFO, VIDEOS
from tests.integration.runs import fetch, whole_run
from tests.integration.tables import Tables

AFTERNOON = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
MINE, OTHER, NOBODY = map(ids.sec_uid, ("polres_contoh", "polres_teladan", "nobody"))

UNAVAILABLE = {"path": USER_INFO, "status": 503, "body": "", "times": None}


@pytest.fixture
def asked(sandbox: Sandbox) -> Callable[[], int]:
    """How often accounts have been asked for since the test began."""
    before = sandbox.requests.get(USER_INFO, 0)
    return lambda: sandbox.requests.get(USER_INFO, 0) - before


@pytest.fixture
def videos(scenario: Scenario) -> set[str]:
    """CONTOH's videos of the day at 16:30."""
    return set(answers.codes_of(scenario, "tiktok", "polres_contoh", AFTERNOON))


def stored(tables: Tables, client_id: str = "CONTOH") -> list[str]:
    sql = "SELECT video_id FROM tiktok_post_clients WHERE client_id = :client_id ORDER BY 1"
    return tables.values(sql, client_id=client_id)


def account(tables: Tables) -> tuple[str, str]:
    """What is kept of CONTOH's account, which stands on the client as well: handle, secUid."""
    row = tables.row("SELECT handle, secuid FROM tiktok_account WHERE client_id = 'CONTOH'")
    on_client = tables.value("SELECT tiktok_secuid FROM clients WHERE client_id = 'CONTOH'")
    assert row["secuid"] == on_client
    return row["handle"], row["secuid"]


def put_on_client(tables: Tables, **columns: str | None) -> None:
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    tables.run(f"UPDATE clients SET {changes} WHERE client_id = 'CONTOH'", **columns)


RENAMED = {"kind": "renamed", "account": "polres_contoh", "to": "polres_contoh_resmi"}
"""The account has another name by now: the old one is unknown, its videos bear the new."""


# --- asking once ----------------------------------------------------------------------------


def test_an_account_is_asked_for_once_and_kept_with_the_handle_it_was_asked_for(
    runtime_at: RuntimeAt, tables: Tables, asked: Callable[[], int], videos: set[str]
) -> None:
    for clock in ("16:30", "17:00", "17:30"):
        assert fetch(runtime_at(clock), "CONTOH")["tiktok"].verdict == "complete"
    assert asked() == 1
    assert account(tables) == ("polres_contoh", MINE)
    assert tables.value("SELECT looked_up_at FROM tiktok_account") == AFTERNOON
    assert stored(tables) == sorted(videos)


def test_a_right_secuid_on_the_client_is_not_asked_for(
    runtime_at: RuntimeAt, tables: Tables, asked: Callable[[], int]
) -> None:
    result = fetch(runtime_at("16:30"), "TELADAN")["tiktok"]
    assert (result.verdict, result.new) == ("complete", 1)
    assert (asked(), tables.count("tiktok_account")) == (0, 0)


@pytest.mark.parametrize("emptied", [None, "", NOBODY])
def test_what_becomes_of_the_client_s_column_does_not_touch_a_known_account(
    emptied: str | None, runtime_at: RuntimeAt, tables: Tables, asked: Callable[[], int]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    put_on_client(tables, tiktok_secuid=emptied)
    assert fetch(runtime_at("17:00"), "CONTOH")["tiktok"].verdict == "complete"
    assert asked() == 1


@pytest.mark.parametrize(
    "handle", ["polres_contoh", " @POLRES_CONTOH ", "https://www.tiktok.com/@Polres_Contoh?lang=id"]
)
def test_the_same_handle_written_otherwise_is_not_asked_for_again(
    handle: str, runtime_at: RuntimeAt, tables: Tables, asked: Callable[[], int]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    put_on_client(tables, client_tiktok=handle)
    fetch(runtime_at("17:00"), "CONTOH")
    assert asked() == 1


def test_an_account_without_videos_today_is_not_asked_for_again(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, asked: Callable[[], int]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    empty = {"cursor": "0", "hasMore": False, "itemList": []}
    runtime = runtime_at("17:00")
    sandbox.set_faults([answers.always(VIDEOS, empty, account="polres_contoh")])
    assert fetch(runtime, "CONTOH")["tiktok"].verdict == "empty"
    assert asked() == 1


# --- asking again ---------------------------------------------------------------------------


def test_a_corrected_handle_is_asked_for(
    runtime_at: RuntimeAt,
    tables: Tables,
    asked: Callable[[], int],
    videos: set[str],
) -> None:
    put_on_client(tables, client_tiktok="@polres_melati")
    fetch(runtime_at("16:30"), "CONTOH")
    assert account(tables) == ("polres_melati", ids.sec_uid("polres_melati"))
    wrong = set(stored(tables))
    put_on_client(tables, client_tiktok="@polres_contoh")
    result = fetch(runtime_at("17:00"), "CONTOH")["tiktok"]
    assert (result.verdict, result.new) == ("complete", len(videos))
    assert asked() == 2
    assert account(tables) == ("polres_contoh", MINE)
    assert stored(tables) == sorted(videos | wrong)


def test_a_corrected_handle_that_nobody_has_is_an_error_and_not_the_old_account(
    runtime_at: RuntimeAt, tables: Tables, asked: Callable[[], int]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    before = tables.dump_of("tiktok_post")
    put_on_client(tables, client_tiktok="polres_cntoh")
    result = fetch(runtime_at("17:00"), "CONTOH")["tiktok"]
    assert (result.verdict, result.error_kind) == ("error", "not_found")
    assert asked() == 2
    assert tables.dump_of("tiktok_post") == before


@pytest.mark.parametrize("wrong", [NOBODY, OTHER])
def test_a_wrong_secuid_on_the_client_is_put_right(
    wrong: str,
    runtime_at: RuntimeAt,
    tables: Tables,
    asked: Callable[[], int],
    videos: set[str],
) -> None:
    put_on_client(tables, tiktok_secuid=wrong)
    result = fetch(runtime_at("16:30"), "CONTOH")["tiktok"]
    assert (result.verdict, result.new) == ("complete", len(videos))
    assert stored(tables) == sorted(videos), "and none of the other account's"
    assert (asked(), account(tables)) == (1, ("polres_contoh", MINE))
    fetch(runtime_at("17:00"), "CONTOH")
    assert asked() == 1


def test_somebody_else_s_videos_are_not_taken_while_the_handle_cannot_be_asked(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, videos: set[str]
) -> None:
    put_on_client(tables, tiktok_secuid=OTHER)
    runtime = runtime_at("16:30")
    sandbox.set_faults([UNAVAILABLE])
    result = fetch(runtime, "CONTOH")["tiktok"]
    assert (result.verdict, result.error_kind) == ("error", "upstream")
    assert stored(tables) == []
    sandbox.set_faults([])
    assert fetch(runtime_at("17:00"), "CONTOH")["tiktok"].verdict == "complete"
    assert stored(tables) == sorted(videos)


def test_an_error_of_the_api_is_no_reason_to_ask_again(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, asked: Callable[[], int]
) -> None:
    put_on_client(tables, tiktok_secuid=MINE)
    runtime = runtime_at("16:30")
    sandbox.set_faults([{"path": VIDEOS, "status": 503, "body": "", "times": None}])
    assert fetch(runtime, "CONTOH")["tiktok"].error_kind == "upstream"
    assert asked() == 0


# --- an account that was renamed ------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_an_account_that_was_renamed_keeps_working(
    known: bool,
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    videos: set[str],
) -> None:
    if known:
        fetch(runtime_at("16:00"), "CONTOH")
    else:
        put_on_client(tables, tiktok_secuid=MINE)
    for clock in ("16:30", "17:00", "17:30"):
        runtime = runtime_at(clock)
        sandbox.set_faults([RENAMED])
        assert fetch(runtime, "CONTOH")["tiktok"].verdict == "complete"
    assert stored(tables) == sorted(videos)


def test_a_renamed_account_keeps_working_while_its_handle_cannot_be_asked(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, videos: set[str]
) -> None:
    fetch(runtime_at("16:00"), "CONTOH")
    runtime = runtime_at("16:30")
    sandbox.set_faults([UNAVAILABLE, RENAMED])
    assert fetch(runtime, "CONTOH")["tiktok"].verdict == "complete"
    assert stored(tables) == sorted(videos)


def test_the_new_name_of_a_renamed_account_brings_the_same_videos_once(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, videos: set[str]
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    before = tables.dump_of("content_change")
    put_on_client(tables, client_tiktok="@polres_contoh_resmi")
    for clock in ("17:00", "17:30"):
        runtime = runtime_at(clock)
        sandbox.set_faults([RENAMED])
        result = fetch(runtime, "CONTOH")["tiktok"]
        assert (result.verdict, result.new, result.removed) == ("complete", 0, 0)
    assert account(tables) == ("polres_contoh_resmi", MINE)
    assert stored(tables) == sorted(videos)
    told = [row for row in tables.dump_of("content_change") if row["platform"] == "tiktok"]
    assert told == [row for row in before if row["platform"] == "tiktok"]


# --- nothing twice --------------------------------------------------------------------------


def test_an_account_that_is_put_right_in_mid_day_stores_and_tells_nothing_twice(
    runtime_at: RuntimeAt, tables: Tables, videos: set[str]
) -> None:
    put_on_client(tables, tiktok_secuid=OTHER)
    for clock in ("16:30", "17:00"):
        whole_run(runtime_at(clock), "CONTOH")
    put_on_client(tables, tiktok_secuid=NOBODY)
    whole_run(runtime_at("17:30"), "CONTOH")
    sql = "SELECT content_id FROM content_change WHERE platform = 'tiktok' ORDER BY 1"
    assert tables.values(sql) == stored(tables) == sorted(videos)
    assert sorted(tables.values("SELECT video_id FROM tiktok_comment")) == sorted(videos)
    assert tables.count("tiktok_account") == 1
    results: list[Any] = tables.values("SELECT fetch_result -> 'tiktok' FROM client_run")
    assert {result["verdict"] for result in results} == {"complete"}
