"""What the window and the command line show, against a real database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.overview import as_json as overview_json
from chalicelib.overview.calls import calls
from chalicelib.overview.client_day import client_day
from chalicelib.overview.clients import Wanted, clients
from chalicelib.overview.history import history
from chalicelib.overview.messages import Wanted as WantedMessages
from chalicelib.overview.messages import message, messages
from chalicelib.overview.post import post
from chalicelib.overview.posts import archived, held, posts
from chalicelib.overview.slots import slots_of_day
from chalicelib.overview.standing import Standing
from chalicelib.overview.today import status
from chalicelib.slots import Slot
from chalicelib.social.breaker import CONFIGURATION_PAUSE
from chalicelib.social.errors import EndpointRefused
from chalicelib.sweep import sweep
from tests.conftest import DAY, RuntimeAt
from tests.integration.ledger import add_change, write
from tests.integration.ledger import message as outbound
from tests.integration.runs import whole_run
from tests.integration.tables import Tables


def _later(runtime_at: RuntimeAt, minutes: int, at: str = "17:00") -> Any:
    return runtime_at(Slot.parse(f"{DAY}T{at}").at + timedelta(minutes=minutes))


def test_an_empty_database_shows_that_nothing_ran(runtime_at: RuntimeAt) -> None:
    shown = status(_later(runtime_at, 7))
    assert shown.today.standing is Standing.NEVER
    assert {slot.standing for slot in shown.today.slots.slots} == {Standing.NEVER}
    assert shown.today.oldest is not None
    assert shown.today.oldest.slot is None
    kinds = [concern.kind for concern in shown.concerns.concerns]
    assert "never_fetched" in kinds
    assert shown.calls.platforms[0].month_forecast is None
    json.dumps(overview_json.as_json(shown))


def test_a_played_slot_is_seen_on_every_page(runtime_at: RuntimeAt, tables: Tables) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    runtime = _later(runtime_at, 3)
    [slot] = [one for one in slots_of_day(runtime).slots if one.totals]
    assert slot.state == "done"
    assert slot.totals is not None
    assert slot.totals.clients == slot.totals.done == 1
    lines = clients(runtime, Wanted(search="contoh")).lines
    line = next(one for one in lines if one.client_id == "CONTOH")
    assert line.data_from == Slot.parse(f"{DAY}T17:00").at
    day = client_day(runtime, " contoh ")
    assert {"fetch", "engagement", "change", "message"} <= {event.kind for event in day.timeline}
    assert [event.at for event in day.timeline] == sorted(event.at for event in day.timeline)
    assert day.told_now is not None
    assert day.told_now.send == "nothing"
    listed = posts(runtime)
    mine = {one.content_id for one in listed.lines if one.client_id == "CONTOH"}
    assert mine == {one.content_id for one in day.posts}
    seen = post(runtime, day.posts[0].content_id)
    assert seen.live
    assert seen.points
    assert seen.points[-1].names == seen.stored
    first = messages(runtime).lines[0]
    assert message(runtime, first.outbox_id).text
    for shown in (slot, line, day, listed, seen, calls(runtime), history(runtime)):
        json.dumps(overview_json.as_json(shown))


def test_a_run_that_read_nothing_leaves_the_age_of_what_was_read_before(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("16:30"), "CONTOH")
    broken = {"verdict": "error", "error_kind": "upstream", "posts": 0}
    add_run = (
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, fetched_at, "
        "finished_at, outcome, error_kind, fetch_result) VALUES (:slot, :client_id, 'schedule', "
        "true, :slot, :slot, :slot, 'failed', 'upstream', CAST(:result AS jsonb))"
    )
    at = Slot.parse(f"{DAY}T17:00").at
    result = json.dumps({"instagram": broken, "tiktok": broken})
    for client_id in ("CONTOH", "DITLANTAS"):
        tables.run(add_run, slot=at, client_id=client_id, result=result)
    lines = {line.client_id: line for line in clients(_later(runtime_at, 3)).lines}
    assert lines["CONTOH"].data_from == Slot.parse(f"{DAY}T16:30").at
    assert lines["CONTOH"].standing is Standing.UNVERIFIED
    assert lines["CONTOH"].succeeded_at is not None
    assert {feed.slot for feed in lines["DITLANTAS"].feeds} == {None}
    assert lines["DITLANTAS"].standing is Standing.NEVER


def test_closed_routes_and_spent_calls_are_known_from_redis(runtime_at: RuntimeAt) -> None:
    runtime = runtime_at("17:00")
    runtime.settings = runtime.settings.model_copy(update={"rapidapi_daily_budget": 9})
    route = runtime.routes("instagram")[0]
    runtime.guard.permit(route)
    runtime.guard.breaker.trip(route, EndpointRefused("no"), "/v1/likes")
    shown = status(runtime)
    [closed] = [one for one in shown.concerns.concerns if one.kind == "api_closed"]
    assert shown.concerns.routes_known
    assert closed.cases[0].detail == "api_configuration /v1/likes"
    assert closed.cases[0].until == runtime.now() + CONFIGURATION_PAUSE
    assert [one.spent_today for one in shown.calls.platforms] == [1, 0]


def test_figures_are_kept_once_a_slot_is_over(runtime_at: RuntimeAt, tables: Tables) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    live = slots_of_day(_later(runtime_at, 1)).slots
    sweep(_later(runtime_at, 5))
    assert tables.count("slot_summary")
    kept = {slot.slot: slot for slot in slots_of_day(_later(runtime_at, 6)).slots}
    for slot in live:
        if slot.totals:
            assert kept[slot.slot].totals == slot.totals
    tables.run("DELETE FROM client_run")
    tables.run("DELETE FROM slot_run WHERE slot = :slot", slot=Slot.parse(f"{DAY}T17:00").at)
    again = {slot.slot: slot for slot in slots_of_day(_later(runtime_at, 6)).slots}
    assert again[Slot.parse(f"{DAY}T17:00").at].totals is not None
    seen = history(_later(runtime_at, 6))
    assert [day.day for day in seen.days] == [DAY]
    assert seen.days[0].api_requests == seen.months[0].api_requests > 0
    made = calls(_later(runtime_at, 6))
    assert sum(one.today for one in made.platforms) == seen.days[0].api_requests


def test_pages_of_messages_meet_without_a_gap(runtime_at: RuntimeAt) -> None:
    runtime = runtime_at("17:00")
    write(runtime, *(outbound(runtime, f"k{n}", text=f"Apel {n % 2}") for n in range(7)))
    seen: list[int] = []
    before = WantedMessages().before
    while True:
        page = messages(runtime, WantedMessages(before=before, most=3))
        seen += [line.outbox_id for line in page.lines]
        if page.next_before is None:
            break
        before = page.next_before
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)
    assert len(messages(runtime, WantedMessages(search="apel 1")).lines) == 3
    assert len(messages(runtime, WantedMessages(search="contoh")).lines) == 7
    assert len(messages(runtime, WantedMessages(search=str(seen[0]))).lines) == 1
    assert not messages(runtime, WantedMessages(statuses=["sent"])).lines
    assert len(messages(runtime, WantedMessages(statuses=["pending", "sent"])).lines) == 7


def test_held_and_archived_posts_are_listed(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime = runtime_at("17:00")
    add_change(tables, "AAA", runtime.now(), kind="held")
    tables.run(
        "INSERT INTO content_archive (platform, content_id, client_id, slot, rows) VALUES "
        "('instagram', 'BBB', 'CONTOH', :slot, CAST(:rows AS jsonb))",
        slot=runtime.now(),
        rows=json.dumps({"insta_post": [{"caption": "<b>Apel</b>"}]}),
    )
    assert [one.content_id for one in held(runtime)] == ["AAA"]
    [gone] = archived(runtime)
    assert gone.whole
    assert gone.caption == "<b>Apel</b>"
    seen = post(runtime, "BBB")
    assert not seen.live
    assert seen.caption == "<b>Apel</b>"
    assert seen.standing is Standing.NEVER


def test_what_does_not_exist_is_said(runtime_at: RuntimeAt) -> None:
    runtime = runtime_at("17:00")
    for ask in (
        lambda: client_day(runtime, "NOBODY"),
        lambda: post(runtime, "NOTHING"),
        lambda: message(runtime, 12),
    ):
        with pytest.raises(BadInput):
            ask()
