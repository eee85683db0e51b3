"""What the first page shows of slots, calls and cases, without HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from chalicelib.overview.calls import PlatformCalls
from chalicelib.overview.concerns import Case, Kind
from chalicelib.overview.slots import SlotView, State
from chalicelib.overview.standing import Standing
from tests.unit.builders import wib
from wa_session_host.page.today import view
from wa_session_host.page.today.words import case_text

AT = wib("17:00")


def slot(
    state: State, standing: Standing = Standing.NEVER, seconds: float | None = None
) -> SlotView:
    return SlotView(AT, state, standing, seconds=seconds)


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_of_a_slot_has_a_badge_and_words(state: State) -> None:
    level, text = view.slot_badge(slot(state, Standing.UNVERIFIED))
    assert level in view.ICONS
    assert text
    assert state not in text.split(), "no name of a state in English"


def test_a_slot_is_green_only_if_it_is_done_and_verified() -> None:
    green = [
        (state, standing)
        for state in get_args(State)
        for standing in Standing
        if view.slot_badge(slot(state, standing))[0] == "ok"
    ]
    assert green == [("done", Standing.VERIFIED)]


def test_a_slot_to_come_has_no_page_yet_and_one_that_ran_says_how_long() -> None:
    [to_come, done] = view.strip([slot("to_come"), slot("done", Standing.VERIFIED, 75.2)])
    assert (to_come.address, done.address) == ("", "/slot/2026-02-20T17:00")
    assert (done.label, done.text) == ("17.00", "selesai, 1 menit")


def test_there_are_bars_once_a_slot_has_ended() -> None:
    assert view.seconds_of([slot("running"), slot("to_come")]) == []
    bars = view.seconds_of([slot("done", Standing.VERIFIED, 1.6), slot("to_come")])
    assert bars == [("17.00", 2, "ok"), ("17.00", None, "todo")]


def calls(**figures: int | None) -> PlatformCalls:
    names = ("today", "today_forecast", "budget", "spent_today", "month", "month_forecast", "plan")
    values = dict.fromkeys(names, None) | {"today": 10, "month": 300} | figures
    return PlatformCalls("instagram", **values)  # type: ignore[arg-type]


def test_calls_that_the_budget_has_counted_and_no_slot_yet_are_shown() -> None:
    [today, _] = view.gauges(calls(spent_today=14))
    assert today.made == 14


def test_a_forecast_over_the_limit_is_said_before_it_comes_true() -> None:
    [today, month] = view.gauges(calls(today_forecast=50, budget=40, month_forecast=900, plan=900))
    assert (today.over, month.over) == (True, False)
    assert not view.gauges(calls(today_forecast=50))[0].over


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_case_of_any_kind_has_words(kind: Kind) -> None:
    case = Case("POLRES_X", "tiktok", detail="not_found", share=0.145, since=AT)
    text = case_text(kind, case)
    assert text.startswith("TikTok, terbaca 14 %")
    assert "None" not in text
    assert case_text(kind, Case()) == ""


def test_a_closed_route_says_until_when() -> None:
    case = Case(platform="instagram", detail="quota /v1/likes", until=AT + timedelta(hours=1))
    assert case_text("api_closed", case) == "Instagram, kuota API habis (/v1/likes), sampai 18.00"


RUN = {"client_id": "X", "error_kind": None, "outcome": "done", "fetch_result": None}


def test_a_run_is_selesai_only_if_every_feed_was_read_to_its_end() -> None:
    whole = {"verdict": "complete", "error_kind": None, "posts": 3}
    part = {"verdict": "partial", "error_kind": "looped", "posts": 1}
    engaged = {"instagram": {"error_kind": None, "users": 7}}
    run = RUN | {"engagement_result": engaged}
    done = view.result_row(run | {"fetch_result": {"instagram": whole}})
    cut = view.result_row(run | {"fetch_result": {"instagram": whole, "tiktok": part}})
    assert (done["level"], done["posts"], done["kinds"]) == ("ok", 3, [])
    assert (cut["level"], cut["posts"], cut["kinds"]) == ("unsure", 4, ["looped"])
    assert view.result_row(run | {"outcome": None})["level"] == "busy"
    assert view.result_row(run | {"outcome": "failed"})["level"] == "bad"
    assert view.result_row(run)["posts"] is None
