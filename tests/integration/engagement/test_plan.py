"""Where calls are short: what a slot's plan says, and what its jobs then read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.budget import Plan
from chalicelib.dispatch import open_slot
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import Trigger
from chalicelib.posts.fetch import fetch_posts
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from tests.conftest import RuntimeAt
from tests.integration.runs import start_run, whole_run
from tests.integration.tables import Tables

CLIENT = "CONTOH"


def with_budget(runtime: Runtime, budget: int) -> Runtime:
    changed = {"rapidapi_daily_budget": budget}
    runtime.settings = runtime.settings.model_copy(update=changed)
    return runtime


def run_planned(
    runtime: Runtime, tables: Tables, trigger: Trigger = "schedule", **plan: Any
) -> Any:
    """A run of a slot whose plan for Instagram is this; its result for Instagram."""
    job = start_run(runtime, CLIENT, trigger=trigger)
    written = json.dumps({"instagram": Plan(**plan).as_json()})
    tables.run("UPDATE slot_run SET plan = CAST(:plan AS jsonb)", plan=written)
    fetch_posts(runtime, job)
    refresh_engagement(runtime, job)
    [result] = tables.values("SELECT engagement_result FROM client_run ORDER BY slot DESC LIMIT 1")
    return result["instagram"]


def test_a_slot_that_opens_has_a_plan_only_where_there_is_a_budget(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("15:30", "16:00"):
        whole_run(with_budget(runtime_at(clock), 100_000), CLIENT)
    for clock, budget in (("16:30", 100_000), ("17:00", None)):
        runtime = runtime_at(clock)
        runtime = with_budget(runtime, budget) if budget else runtime
        open_slot(runtime, Slot.exactly(runtime.now()), "schedule")
    made, without = tables.values("SELECT plan FROM slot_run ORDER BY slot OFFSET 2")
    assert without is None
    plan = Plan.from_json(made["instagram"])
    assert (plan.allowance, plan.ends) == (None, None)
    assert plan.spent == tables.value(
        "SELECT sum(n::int) FROM client_run, jsonb_each_text(api_calls) AS c (call, n) "
        "WHERE call LIKE '/v1/%'"
    )
    assert plan.kept > plan.today > 0


def test_lists_that_there_are_no_calls_for_wait_and_keep_their_snapshot(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("16:00"), CLIENT)
    tables.run("UPDATE coverage SET count = count - 1")  # all have grown
    result = run_planned(runtime_at("16:30"), tables, allowance=0)
    assert (result["posts"], result["unchanged"], result["failed"]) == (0, 0, 0)
    posts = tables.value("SELECT count(*) FROM coverage WHERE platform = 'instagram'")
    assert result["deferred"] == posts > 1
    assert tables.value("SELECT outcome FROM client_run ORDER BY slot DESC LIMIT 1") == "done"
    windows = "SELECT count(*) FROM insta_like_audit GROUP BY snapshot_window_end"
    assert tables.values(windows) == [posts, posts]


def test_a_run_that_a_person_starts_is_bound_by_no_plan(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    result = run_planned(runtime_at("16:30"), tables, "manual", allowance=0, kept=10**6)
    assert (result["deferred"], result["failed"]) == (0, 0)
    assert result["posts"] > 0


@pytest.mark.parametrize("kept", [0, 98])
def test_what_17_00_needs_is_not_spent_before(
    runtime_at: RuntimeAt, tables: Tables, kept: int
) -> None:
    runtime = with_budget(runtime_at("16:30"), 100)
    result = run_planned(runtime, tables, kept=kept)
    calls = tables.value("SELECT api_calls FROM client_run")
    made = sum(n for call, n in calls.items() if "/v1/" in call and call.endswith(" ok"))
    assert (made == 2, result["error_kind"]) == ((True, "budget") if kept else (False, None))
    later = with_budget(runtime_at("17:00"), 100)
    assert run_planned(later, tables, kept=0)["error_kind"] is None


@pytest.mark.parametrize(("allowance", "looks"), [(1.5, 0), (500.0, 1), (None, 1)])
def test_no_call_is_spent_on_a_look_where_lists_that_have_grown_need_them_all(
    runtime_at: RuntimeAt, tables: Tables, allowance: float | None, looks: int
) -> None:
    whole_run(runtime_at("20:58"), CLIENT)
    tables.run("UPDATE coverage SET count = count - 1")
    runtime = runtime_at("21:00")
    job = start_run(runtime, CLIENT)
    written = json.dumps({"instagram": Plan(allowance=allowance).as_json()})
    tables.run("UPDATE slot_run SET plan = CAST(:plan AS jsonb)", plan=written)
    refresh_engagement(runtime, job)
    [calls] = tables.values("SELECT api_calls FROM client_run ORDER BY slot DESC LIMIT 1")
    assert calls.get("/v1/posts ok", 0) == looks
    assert calls.get("/api/user/posts ok", 0) == 1


def test_without_redis_a_slot_has_a_plan_all_the_same(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    """What other processes have spent is then not known."""
    runtime = runtime_at("16:30")
    changed = {"rapidapi_daily_budget": 1, "redis_url": None}
    runtime.settings = runtime.settings.model_copy(update=changed)
    open_slot(runtime, Slot.exactly(runtime.now()), "schedule")
    [made] = tables.values("SELECT plan FROM slot_run")
    plan = Plan.from_json(made["instagram"])
    assert (plan.spent, plan.kept, plan.allowance) == (0, 1, 0)
