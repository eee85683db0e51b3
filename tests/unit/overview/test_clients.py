"""A client's standing, and the list's search, filters, order and pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.overview.client_lines import ClientLine, due_at, line_in, line_of
from chalicelib.overview.clients import Order, Show, Wanted, page_of
from chalicelib.overview.standing import Standing
from chalicelib.slots import Slot
from tests.conftest import DAY

NOW = Slot.parse(f"{DAY}T17:00").at + timedelta(minutes=40)
ROW = {
    "client_id": "POLRES_A",
    "nama": "Polres A",
    "client_type": "org",
    "client_status": True,
    "client_insta": "polres_a",
    "client_insta_status": True,
    "client_tiktok": "polres_a",
    "client_tiktok_status": True,
    "client_group": "120363000000000001@g.us",
}
COMPLETE = {"verdict": "complete", "error_kind": None}
BROKEN = {"verdict": "error", "error_kind": "upstream"}


def entry(at: str = "17:00", lists: Any = None, **row: Any) -> dict[str, Any]:
    slot = Slot.parse(f"{DAY}T{at}").at.isoformat()
    last: dict[str, Any] = {
        "slot": slot,
        "outcome": "done",
        "error_kind": None,
        "finished_at": slot,
    }
    fetched = {"instagram": COMPLETE, "tiktok": COMPLETE}
    last |= {"fetched_at": slot, "fetch_result": fetched, "engagement_result": None}
    rest = {"feeds": None, "last": last, "succeeded_at": slot}
    return {"client": ROW | row, **rest, "lists": lists}


def test_all_read_in_time_is_verified() -> None:
    line = line_of(entry(), due_at(NOW))
    assert line.standing is Standing.VERIFIED
    assert line.data_from == Slot.parse(f"{DAY}T17:00").at
    assert not line.trouble


def test_a_line_is_read_again_once_its_entry_or_what_is_due_has_changed() -> None:
    at_five, later = due_at(NOW), due_at(NOW + timedelta(minutes=30))
    text, changed = json.dumps(entry()), json.dumps(entry(nama="Polres B"))
    assert line_in(text, at_five) is line_in(text, at_five)
    assert line_in(changed, at_five).name == "Polres B"
    assert line_in(text, later).standing is Standing.UNVERIFIED


def test_data_of_an_earlier_slot_is_not() -> None:
    assert line_of(entry("16:30"), due_at(NOW)).standing is Standing.UNVERIFIED


@pytest.mark.parametrize(
    ("at", "client_type", "standing"),
    [
        ("20:58", "org", Standing.VERIFIED),
        ("20:30", "org", Standing.UNVERIFIED),
        ("21:58", "direktorat", Standing.VERIFIED),
        ("20:58", "direktorat", Standing.UNVERIFIED),
    ],
)
def test_before_the_day_s_first_slot_data_should_be_of_yesterday_s_last_fetch(
    at: str, client_type: str, standing: Standing
) -> None:
    read = entry(at, client_id="DITLANTAS", client_type=client_type)
    for night in (timedelta(hours=9), timedelta(hours=12, minutes=44)):  # 02:40, 06:24
        assert line_of(read, due_at(NOW + night)).standing is standing
    assert line_of(read, due_at(NOW + timedelta(days=9, hours=9))).standing is Standing.UNVERIFIED


def test_a_list_that_was_not_read_to_its_end_is_not() -> None:
    lists = {"posts": 2, "lists": 1, "complete": 1, "least": 1.0}
    line = line_of(entry(lists=lists), due_at(NOW))
    assert (line.standing, line.lists.unread) == (Standing.UNVERIFIED, 1)


def test_an_error_of_one_platform_is_named_at_that_platform() -> None:
    broken = entry()
    broken["last"] |= {"outcome": "failed", "error_kind": "upstream"}
    broken["last"]["fetch_result"] = {"instagram": BROKEN, "tiktok": COMPLETE}
    broken["feeds"] = {"tiktok": broken["last"]}
    line = line_of(broken, due_at(NOW))
    assert [feed.error_kind for feed in line.feeds] == ["upstream", None]
    assert [feed.standing for feed in line.feeds] == [Standing.NEVER, Standing.VERIFIED]
    assert line.data_from is None
    assert line.trouble


def test_a_client_that_never_ran_is_not_green() -> None:
    new = entry() | {"last": None, "succeeded_at": None}
    assert line_of(new, due_at(NOW)).standing is Standing.NEVER


def test_what_was_typed_in_wrong_is_trouble() -> None:
    line = line_of(
        entry(client_insta="tidak ada", client_group="0812, 120363000000000001"), due_at(NOW)
    )
    assert line.problems == {"instagram": "word"}
    assert (line.groups, line.groups_refused) == (("120363000000000001@g.us",), 1)
    assert line.trouble


def lines() -> list[ClientLine]:
    rows = [
        entry(client_id="A", nama="Polres 10"),
        entry("16:30", client_id="B", nama="Polres 9"),
        entry(client_id="C", nama="Polda", client_status=False),
    ]
    return [line_of(row, due_at(NOW)) for row in rows]


def ids(found: Sequence[ClientLine]) -> str:
    return "".join(line.client_id for line in found)


@pytest.mark.parametrize(
    ("show", "order", "expected"),
    [
        ("all", "name", "BA"),
        ("all", "id", "AB"),
        ("all", "age", "BA"),
        ("verified", "name", "A"),
        ("unverified", "name", "B"),
        ("never", "name", ""),
        ("inactive", "name", "C"),
    ],
)
def test_filters_and_order(show: Show, order: Order, expected: str) -> None:
    assert ids(page_of(lines(), Wanted(show=show, order=order), NOW).lines) == expected


def test_search_is_of_name_or_id_and_pages_end_with_the_last() -> None:
    assert ids(page_of(lines(), Wanted(search=" POLRES 1"), NOW).lines) == "A"
    page = page_of(lines(), Wanted(page=9, per_page=1), NOW)
    assert (ids(page.lines), page.page, page.pages, page.matching) == ("A", 2, 2, 2)
    assert page.counts["all"] == 2


def test_moments_are_of_the_zone_that_they_came_with() -> None:
    line = line_of(entry(), due_at(NOW))
    assert line.ended_at == datetime.fromisoformat(f"{DAY}T17:00+07:00")
