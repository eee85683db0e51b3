"""Which scheduled recap is due: once an hour that has passed, on the data of a slot before it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.recap.files import RecapFile
from chalicelib.recap.schedule import (
    LIFE,
    WAIT,
    Due,
    Known,
    Schedule,
    due,
    file_of,
    key_of,
    read_schedule,
)
from chalicelib.slots import day_bounds, slots_of
from tests.unit.builders import DAY, always, slot, wib

MORNING = wib("05:00")
USUAL = Schedule(
    True, (time(15, 20), time(18, 20), time(20, 20)), ("group",), "", ("text",), MORNING
)
DONE = Known(finished=[slot("14:30"), slot("15:00"), slot("15:30")])


def test_an_hour_s_recap_has_the_data_of_the_slot_before_it() -> None:
    assert due(USUAL, DONE, wib("15:19:59")) is None
    assert due(USUAL, DONE, wib("15:20")) == Due(wib("15:20"), slot("15:00"), wib("17:20"))


def test_what_was_told_is_not_due_again() -> None:
    known = Known(DONE.finished, told={wib("15:20")})
    assert due(USUAL, known, wib("15:40")) is None
    assert due(USUAL, known, wib("18:20")) == Due(wib("18:20"), slot("15:30"), wib("20:20"))


def test_a_recap_waits_for_a_slot_that_is_still_being_read_but_not_for_long() -> None:
    known = Known(finished=[slot("14:30")], running=[slot("15:00")])
    assert due(USUAL, known, wib("15:24")) is None
    late = due(USUAL, known, wib("15:20") + WAIT)
    assert late
    assert late.slot == slot("14:30")


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(False, USUAL.hours, USUAL.recipients, "", USUAL.forms, MORNING),
        Schedule(True, USUAL.hours, USUAL.recipients, "", (), MORNING),
        Schedule(True, (), USUAL.recipients, "", USUAL.forms, MORNING),
        Schedule(True, USUAL.hours, USUAL.recipients, "", USUAL.forms, wib("15:25")),
    ],
)
def test_nothing_is_due_of_a_schedule_that_is_off_or_empty_or_newer_than_its_hour(
    schedule: Schedule,
) -> None:
    assert due(schedule, DONE, wib("15:30")) is None


def test_without_a_finished_slot_of_the_day_nothing_can_be_said() -> None:
    yesterday = slot("21:58", DAY - timedelta(days=1))
    assert due(USUAL, Known(finished=[yesterday, slot("15:30")]), wib("15:20")) is None


times = st.times(time(6, 30), time(23, 30)).map(lambda one: one.replace(second=0, microsecond=0))
moments = st.times(time(0), time(23, 59)).map(lambda one: wib(f"{one:%H:%M:%S}"))


@always
@given(
    hours=st.sets(times, max_size=6),
    last=st.integers(0, 34),
    minutes=st.lists(moments, max_size=40).map(sorted),
)
def test_each_hour_is_told_once_in_order_and_never_late(
    hours: set[time], last: int, minutes: list[datetime]
) -> None:
    schedule = Schedule(True, tuple(hours), ("group",), "", ("text",), MORNING)
    finished = slots_of(DAY)[:last]
    told: list[datetime] = []
    for now in minutes:
        one = due(schedule, Known(finished, told=set(told)), now)
        if one is None:
            continue
        assert one.at <= now < one.expires_at <= min(one.at + LIFE, day_bounds(DAY)[1])
        assert one.at.time() in hours
        assert one.slot.at < one.at
        assert not any(one.slot < other and other.at < one.at for other in finished)
        assert not any(one.at < other <= now for other in _at(hours))
        assert not told or told[-1] < one.at
        told.append(one.at)


def _at(hours: set[time]) -> list[datetime]:
    return [wib(f"{hour:%H:%M}") for hour in hours]


def test_keys_tell_clients_chats_hours_and_forms_apart() -> None:
    keys = {
        key_of(client, chat, at, form)
        for client in ("A", "B")
        for chat in ("1@g.us", "2@g.us")
        for at in (wib("15:20"), wib("18:20"))
        for form in ("text", "png")
    }
    assert len(keys) == 16


def test_a_file_s_name_is_safe_whatever_the_client_is_called() -> None:
    file = RecapFile.of("../POLRES X/é", slot("15:00"), "png")
    assert file.key == "recap/2026-02-20/..%2FPOLRES%20X%2F%C3%A9/1500.png"
    assert file.name == "Absensi POLRES X é 2026-02-20 1500.png"
    assert file_of("POLRES X", slot("15:00"), "xlsx") != file_of("POLRES_X", slot("15:00"), "xlsx")
    assert RecapFile.model_validate(file.model_dump(mode="json") | {"later": 1}) == file


def read(**fields: object) -> Schedule:
    given = {"hours": "15:20", "recipients": ["group"], "chats": "", "forms": ["text"]}
    return read_schedule(active=True, **(given | fields))  # type: ignore[arg-type]


def test_a_schedule_is_read_as_people_type_it() -> None:
    found = read(hours="20.20, 15:20 15:20", forms=["xlsx", "text"], chats=" 0812345678901,")
    assert found.hours == (time(15, 20), time(20, 20))
    assert (found.forms, found.chats) == (("text", "xlsx"), "0812345678901")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"hours": ""}, "hours"),
        ({"hours": "25:10"}, "hours"),
        ({"hours": "05:00"}, "hours"),
        ({"hours": "15:20:30"}, "hours"),
        ({"hours": "7:00"}, "hours"),
        ({"hours": " ".join(f"{hour}:00" for hour in range(10, 19))}, "hours"),
        ({"forms": []}, "forms"),
        ({"recipients": []}, "recipients"),
        ({"chats": "Pak Budi"}, "chats"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_by_its_field(
    fields: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(**fields)
    assert refused.value.field == field
    assert "Budi" not in str(refused.value)
