"""What a used-up quota, a refused key and a spent budget come to: few calls, one alert, no loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.queues import OUTBOUND, Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.sandbox import Sandbox, Scenario
from local.sandbox.world import Platform
from tests.conftest import RuntimeAt
from tests.integration.answers import Fault, codes_of
from tests.integration.conftest import DEMO, Sandboxes, hosts
from tests.integration.inbox import Inbox
from tests.integration.runs import fetch, whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables

NEXT_DAY = datetime(2026, 2, 21, 6, 0, tzinfo=WIB)
SAME_WORLD = replace(DEMO)
PREFIX = {"instagram": "/v1/", "tiktok": "/api/"}
OTHER: dict[Platform, Platform] = {"instagram": "tiktok", "tiktok": "instagram"}
ALERTS = """
SELECT idempotency_key FROM wa_notification_outbox WHERE kind = 'admin_alert' ORDER BY outbox_id
"""

platforms = pytest.mark.parametrize("platform", ["instagram", "tiktok"])


def used_up(platform: Platform, reset_seconds: int = 1_046_073) -> Fault:
    """The month's quota, which is reset in twelve days if nothing else is said."""
    return {"kind": "quota", "platform": platform, "times": None, "reset_seconds": reset_seconds}


def bad_key(platform: Platform) -> Fault:
    return {"kind": "bad_key", "platform": platform, "times": None}


class Calls:
    """How many requests came in at a sandbox since this was made or asked last."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._before = self._count()

    def __call__(self, platform: Platform) -> int:
        """Forgets the other platform's as well."""
        return self.both()[platform]

    def both(self) -> dict[Platform, int]:
        now, before = self._count(), self._before
        self._before = now
        return {name: now[name] - before[name] for name in now}

    def _count(self) -> dict[Platform, int]:
        requests = self._sandbox.requests
        return {
            platform: sum(n for path, n in requests.items() if path.startswith(PREFIX[platform]))
            for platform in OTHER
        }


@pytest.fixture
def calls(sandbox: Sandbox) -> Calls:
    return Calls(sandbox)


@pytest.fixture
def second(sandboxes: Sandboxes) -> Sandbox:
    """Another host with the same world, without faults."""
    api = sandboxes(SAME_WORLD)
    api.set_faults([])
    return api


RuntimeWith = Callable[..., Runtime]


@pytest.fixture
def runtime_with(service: SharedService, sandbox: Sandbox) -> Iterator[RuntimeWith]:
    """Makes runtimes with settings of their own, at a moment; the sandbox's moment too."""
    apis = {name.lower(): url for name, url in hosts(sandbox).items()}

    with ExitStack() as made:

        def make(now: datetime, **settings: Any) -> Runtime:
            sandbox.set_now(now)
            runtime = Runtime(service.settings.model_copy(update=apis | settings), lambda: now)
            runtime.queues = Queues(service.settings.cicero_stage, service.sqs)
            made.callback(runtime.close)
            return runtime

        yield make


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-02-20T{clock}").replace(tzinfo=WIB)


def run_of(tables: Tables, client_id: str = "CONTOH") -> Any:
    """The client's newest run."""
    sql = "SELECT * FROM client_run WHERE client_id = :client_id ORDER BY slot DESC LIMIT 1"
    return tables.row(sql, client_id=client_id)


def engaged(tables: Tables) -> dict[str, set[str]]:
    """Who is stored under each post of either platform."""
    rows = tables.run(
        "SELECT shortcode AS id, likes AS names FROM insta_like "
        "UNION ALL SELECT video_id, comments FROM tiktok_comment"
    )
    return {row["id"]: set(row["names"]) for row in rows}


# --- a used-up quota ------------------------------------------------------------------------


@platforms
def test_a_used_up_quota_costs_a_whole_run_one_call_and_the_other_platform_nothing(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, calls: Calls
) -> None:
    whole_run(runtime_at("16:30"), "CONTOH")
    well, runtime = calls.both(), runtime_at("17:00")
    assert min(well.values()) > 3, "posts, and the likers or commenters of each"
    sandbox.set_faults([used_up(platform)])
    tables.run("UPDATE coverage SET count = 0")  # all have grown: they are read again
    whole_run(runtime, "CONTOH")
    spent = calls.both()
    assert spent[platform] == 1
    assert spent[OTHER[platform]] >= well[OTHER[platform]] - 1, "an account is asked for once"
    run = run_of(tables)
    assert (run["outcome"], run["error_kind"]) == ("failed", "quota")
    assert run["fetch_result"][platform]["verdict"] == "error"
    assert run["fetch_result"][platform]["error_kind"] == "quota"
    assert run["fetch_result"][OTHER[platform]]["verdict"] == "complete"
    assert run["engagement_result"][OTHER[platform]]["failed"] == 0
    assert run["engagement_result"][platform]["posts"] == 0
    assert run["api_requests"] == sum(spent.values())
    quota = {name: n for name, n in run["api_calls"].items() if name.endswith(" quota")}
    assert list(quota.values()) == [1]
    assert sum(run["api_calls"].values()) == run["api_requests"]


def test_a_quota_that_ends_in_mid_run_keeps_what_was_read(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario
) -> None:
    runtime = runtime_at("17:00")
    runtime.settings = runtime.settings.model_copy(update={"rapidapi_parallel_calls": 1})
    oldest_first = codes_of(scenario, "instagram", "polres.contoh", at("17:00"))[::-1]
    sandbox.set_faults([used_up("instagram") | {"post": oldest_first[2]}])
    whole_run(runtime, "CONTOH")
    run = run_of(tables)
    result = run["engagement_result"]["instagram"]
    assert run["fetch_result"]["instagram"]["verdict"] == "complete"
    assert (result["posts"], result["failed"], result["error_kind"]) == (2, 3, "quota")
    assert tables.values("SELECT shortcode FROM insta_like ORDER BY 1") == sorted(oldest_first[:2])
    assert run["api_calls"]["/v1/likes quota"] == 1


@platforms
def test_other_workers_and_clients_do_not_ask_at_all(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, calls: Calls
) -> None:
    runtimes = {client_id: runtime_at("17:00") for client_id in ("CONTOH", "TELADAN", "DITBINMAS")}
    sandbox.set_faults([used_up(platform)])
    for client_id, runtime in runtimes.items():
        whole_run(runtime, client_id)
        assert run_of(tables, client_id)["error_kind"] == "quota"
    assert calls(platform) == 1


@platforms
def test_nothing_that_is_stored_is_lost_or_concluded_gone(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    whole_run(runtime_at("16:30"), "CONTOH")
    before = engaged(tables)
    for clock in ("17:00", "17:30", "18:00"):
        runtime = runtime_at(clock)
        sandbox.set_faults([used_up(platform)])
        whole_run(runtime, "CONTOH")
    after = engaged(tables)
    assert all(names <= after[content_id] for content_id, names in before.items())
    missing = "SELECT count(*) FROM client_content WHERE missing_since IS NOT NULL"
    assert (tables.value(missing), tables.count("content_archive")) == (0, 0)
    removed = "SELECT count(*) FROM content_change WHERE kind = 'removed'"
    assert tables.value(removed) == 0


@platforms
def test_the_hour_s_list_goes_out_over_the_platform_that_is_left(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([used_up(platform)])
    whole_run(runtime, "CONTOH")
    kinds = "SELECT kind FROM wa_notification_outbox WHERE client_id = 'CONTOH'"
    assert tables.values(kinds) == ["task_list"]


# --- one alert ------------------------------------------------------------------------------


@platforms
def test_the_operators_are_told_once_over_all_clients_and_slots_of_a_day(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, inbox: Inbox
) -> None:
    for clock in ("16:30", "17:00", "20:58"):
        for client_id in ("CONTOH", "TELADAN"):
            runtime = runtime_at(clock)
            sandbox.set_faults([used_up(platform)])
            whole_run(runtime, client_id)
    [key] = tables.values(ALERTS)
    assert key.startswith(f"admin_alert:quota:{platform}:2026-02-20:")
    alert = tables.row("SELECT * FROM wa_notification_outbox WHERE kind = 'admin_alert'")
    assert f"API {platform.upper()} BERHENTI" in alert["message"]
    assert "kuota API habis" in alert["message"]
    assert alert["slot"] == at("16:30")
    queued = [body["outbox_id"] for body in inbox.take(OUTBOUND)]
    assert queued.count(alert["outbox_id"]) == 1


def test_each_platform_kind_and_day_has_an_alert_of_its_own(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    for now, faults in (
        (at("16:30"), [bad_key("instagram")]),
        (at("17:00"), [used_up("instagram"), used_up("tiktok")]),
        (NEXT_DAY, [used_up("tiktok")]),
    ):
        runtime = runtime_at(now)
        sandbox.set_faults(faults)
        whole_run(runtime, "CONTOH")
    keys = [key.split(":")[1:4] for key in tables.values(ALERTS)]
    assert sorted(keys) == [
        ["api_configuration", "instagram", "2026-02-20"],
        ["quota", "instagram", "2026-02-20"],
        ["quota", "tiktok", "2026-02-20"],
        ["quota", "tiktok", "2026-02-21"],
    ]


@pytest.mark.parametrize("kind", ["rate_limit", "server_error", "timeout_504"])
def test_trouble_that_passes_is_no_alert(
    kind: str, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([{"kind": kind, "platform": "instagram", "times": None}])
    whole_run(runtime, "CONTOH")
    assert run_of(tables)["outcome"] == "failed"
    assert tables.values(ALERTS) == []


# --- the end of it --------------------------------------------------------------------------


@platforms
def test_the_breaker_closes_by_itself_the_next_day(
    platform: Platform, runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, calls: Calls
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([used_up(platform)])
    whole_run(runtime, "CONTOH")
    sandbox.set_faults([])
    calls.both()
    whole_run(runtime_at("21:30"), "DITLANTAS")
    assert calls(platform) == 0, "still the same day"
    whole_run(runtime_at(NEXT_DAY), "CONTOH")
    assert calls(platform) > 0
    assert run_of(tables)["outcome"] == "done"


def test_a_quota_that_is_reset_sooner_is_tried_again_sooner(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, calls: Calls
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([used_up("instagram", reset_seconds=1800)])
    whole_run(runtime, "CONTOH")
    sandbox.set_faults([])
    calls.both()
    whole_run(runtime_at("17:30"), "CONTOH")
    assert calls("instagram") > 0
    assert run_of(tables)["outcome"] == "done"


def test_a_refused_key_is_tried_again_at_the_next_slot(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, calls: Calls
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([bad_key("tiktok")])
    for client_id in ("CONTOH", "TELADAN"):
        whole_run(runtime, client_id)
    assert calls("tiktok") == 1
    assert run_of(tables)["error_kind"] == "api_configuration"
    sandbox.set_faults([])
    whole_run(runtime_at("17:30"), "CONTOH")
    assert run_of(tables)["outcome"] == "done"


# --- the fallback host ----------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [used_up, bad_key])
@platforms
def test_the_fallback_host_takes_over_and_the_run_is_complete(
    platform: Platform,
    trouble: Callable[[Platform], Fault],
    runtime_with: RuntimeWith,
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    second: Sandbox,
    calls: Calls,
    service: SharedService,
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    expected, well = engaged(tables), calls.both()
    service.empty()

    runtime = runtime_with(at("17:00"), **{f"rapidapi_{platform}_fallback_host": second.url})
    second.set_now(at("17:00"))
    sandbox.set_faults([trouble(platform)])
    elsewhere = Calls(second)
    calls.both()
    whole_run(runtime, "CONTOH")

    run = run_of(tables)
    assert (run["outcome"], run["error_kind"]) == ("done", None)
    assert {result["verdict"] for result in run["fetch_result"].values()} == {"complete"}
    assert engaged(tables) == expected
    assert calls.both() == well | {platform: 1}
    assert elsewhere.both() == {platform: well[platform], OTHER[platform]: 0}
    assert run["api_requests"] == sum(well.values()) + 1
    [alert] = tables.values(ALERTS)
    assert alert.startswith(f"admin_alert:fallback:{platform}:"), "no word of an API that stopped"


def test_the_first_host_has_its_turn_again_the_next_day(
    runtime_with: RuntimeWith, tables: Tables, sandbox: Sandbox, second: Sandbox, calls: Calls
) -> None:
    fallback = {"rapidapi_instagram_fallback_host": second.url}
    runtime = runtime_with(at("17:00"), **fallback)
    second.set_now(at("17:00"))
    sandbox.set_faults([used_up("instagram")])
    whole_run(runtime, "CONTOH")
    sandbox.set_faults([])
    elsewhere = Calls(second)
    calls.both()
    whole_run(runtime_with(NEXT_DAY, **fallback), "CONTOH")
    assert (calls("instagram") > 0, elsewhere("instagram")) == (True, 0)


def test_both_hosts_closed_is_told_as_any_used_up_quota(
    runtime_with: RuntimeWith, tables: Tables, sandbox: Sandbox, second: Sandbox, calls: Calls
) -> None:
    runtime = runtime_with(at("17:00"), rapidapi_instagram_fallback_host=second.url)
    second.set_now(at("17:00"))
    elsewhere = Calls(second)
    for api in (sandbox, second):
        api.set_faults([used_up("instagram")])
    for client_id in ("CONTOH", "TELADAN"):
        whole_run(runtime, client_id)
    assert (calls("instagram"), elsewhere("instagram")) == (1, 1)
    assert len(tables.values(ALERTS)) == 1
    assert run_of(tables)["api_calls"]["/v1/posts quota"] == 2


# --- the daily budget -----------------------------------------------------------------------


def test_no_more_calls_are_made_in_a_day_than_the_budget_of_each_api(
    runtime_with: RuntimeWith, tables: Tables, calls: Calls
) -> None:
    for clock in ("16:30", "17:00"):
        for client_id in ("CONTOH", "TELADAN"):
            whole_run(runtime_with(at(clock), rapidapi_daily_budget=4), client_id)
    assert calls.both() == {"instagram": 4, "tiktok": 4}
    assert sum(tables.values("SELECT api_requests FROM client_run")) == 8
    assert run_of(tables)["error_kind"] == "budget"
    assert [key.split(":")[1:4] for key in tables.values(ALERTS)] == [
        ["budget", "instagram", "2026-02-20"],
        ["budget", "tiktok", "2026-02-20"],
    ]
    texts = tables.values("SELECT message FROM wa_notification_outbox WHERE kind = 'admin_alert'")
    assert all("anggaran permintaan API hari ini habis" in text for text in texts)


def test_what_the_budget_still_paid_for_is_kept(
    runtime_with: RuntimeWith, tables: Tables, calls: Calls
) -> None:
    whole_run(runtime_with(at("17:00"), rapidapi_daily_budget=3), "CONTOH")
    run = run_of(tables)
    assert run["fetch_result"]["instagram"]["verdict"] == "complete"
    result = run["engagement_result"]["instagram"]
    assert result["posts"] == tables.count("insta_like") > 0
    assert (result["failed"] > 0, result["error_kind"]) == (True, "budget")


def test_a_new_day_has_a_new_budget(
    runtime_with: RuntimeWith, tables: Tables, calls: Calls
) -> None:
    whole_run(runtime_with(at("17:00"), rapidapi_daily_budget=3), "CONTOH")
    calls.both()
    result = fetch(runtime_with(NEXT_DAY, rapidapi_daily_budget=3), "CONTOH")
    assert result["instagram"].verdict == "complete"
    assert calls("instagram") > 0


def test_a_budget_that_is_spent_is_no_reason_to_ask_the_fallback_host(
    runtime_with: RuntimeWith, tables: Tables, second: Sandbox, calls: Calls
) -> None:
    elsewhere = Calls(second)
    more = {"rapidapi_daily_budget": 2, "rapidapi_instagram_fallback_host": second.url}
    whole_run(runtime_with(at("17:00"), **more), "CONTOH")
    assert (calls("instagram"), elsewhere("instagram")) == (2, 0)


def test_a_budget_counts_every_try_of_a_call(
    runtime_with: RuntimeWith, sandbox: Sandbox, calls: Calls
) -> None:
    runtime = runtime_with(at("17:00"), rapidapi_daily_budget=3, rapidapi_attempts=4)
    fault = {"kind": "rate_limit", "platform": "instagram", "retry_after": 0, "times": None}
    sandbox.set_faults([fault])
    assert fetch(runtime, "CONTOH")["instagram"].error_kind == "budget"
    assert calls("instagram") == 3
