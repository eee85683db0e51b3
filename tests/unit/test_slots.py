"""The schedule and the gate, against the design's own words rather than the code's table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.slots import (
    CATCH_UP_LIMIT,
    FINAL,
    FIRST_DAY,
    HALF_HOUR,
    LAST_DAY,
    SCHEDULE,
    SLOT_TIMES,
    Slot,
    audit_window,
    day_bounds,
    eventbridge_expression,
    fetches_posts,
    job_expiry,
    parse_day,
    slot_of_event,
    slots_of,
    task_list_hour,
    to_wib,
    wib_day,
)
from tests.schedules import clocks
from tests.unit.builders import DAY, always, slot, wib

UNTIL_20_30 = [f"{hour:02}:{minute}" for hour in range(6, 21) for minute in ("00", "30")]
POST_SLOTS = {
    "A": {*UNTIL_20_30, "20:58"},
    "B": {*UNTIL_20_30, "21:00", "21:30", "21:58"},
}
ALL_SLOTS = sorted(POST_SLOTS["A"] | POST_SLOTS["B"])

CLIENTS = [
    ("POLRES_X", "org", "A"),
    ("POLRES_X", " ORG ", "A"),
    ("DITBINMAS", "direktorat", "A"),
    (" ditbinmas\n", "direktorat", "A"),
    ("DitBinmas", " DIREKTORAT ", "A"),
    ("DITBINMAS", "org", "A"),
    ("POLRES_X", "satwil", "A"),
    ("DITLANTAS", "direktorat pusat", "A"),
    ("POLRES_X", "", "A"),
    ("POLRES_X", None, "A"),
    ("DITBINMAS", None, "A"),
    ("DITLANTAS", "direktorat", "B"),
    (" ditlantas ", " Direktorat\n", "B"),
    ("DITBINMAS_2", "DIREKTORAT", "B"),
    ("X DITBINMAS", "direktorat", "B"),
]
EVERY_MINUTE = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]

utc_moments = st.integers(0, 4 * 10**12).map(
    lambda n: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(milliseconds=n)
)
zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.builds(lambda moment, zone: moment.astimezone(zone), utc_moments, zones)
slots = st.builds(slot, st.sampled_from(ALL_SLOTS), st.dates(date(2000, 1, 1), date(2100, 1, 1)))


def test_segment_a_fetches_posts_31_times_b_33_times_and_all_have_34_slots() -> None:
    assert len(POST_SLOTS["A"]) == 31
    assert len(POST_SLOTS["B"]) == 33
    assert len(ALL_SLOTS) == 34


@pytest.mark.parametrize(("client_id", "client_type", "segment"), CLIENTS)
def test_the_gate_is_open_at_exactly_the_segments_minutes(
    client_id: str, client_type: str | None, segment: str
) -> None:
    opened = {m for m in EVERY_MINUTE if fetches_posts(client_id, client_type, slot(m))}
    assert opened == POST_SLOTS[segment]


@pytest.mark.parametrize(("client_id", "client_type", "segment"), CLIENTS)
def test_the_gate_is_shut_a_second_after_it_opened(
    client_id: str, client_type: str | None, segment: str
) -> None:
    assert not any(fetches_posts(client_id, client_type, slot(f"{m}:01")) for m in ALL_SLOTS)


def test_a_minute_is_a_slot_exactly_when_the_design_lists_it() -> None:
    found = []
    for minute in EVERY_MINUTE:
        try:
            found.append(f"{Slot.exactly(wib(minute)).at:%H:%M}")
        except BadInput:
            continue
    assert found == ALL_SLOTS


def test_a_day_has_its_34_slots_in_order_in_wib() -> None:
    assert [str(s) for s in slots_of(DAY)] == [f"2026-02-20T{m}+07:00" for m in ALL_SLOTS]
    assert [f"{t:%H:%M}" for t in SLOT_TIMES] == ALL_SLOTS


def test_the_eventbridge_expressions_are_the_designs() -> None:
    assert eventbridge_expression(HALF_HOUR) == "cron(0,30 23,0-14 * * ? *)"
    assert eventbridge_expression(FINAL) == "cron(58 13-14 * * ? *)"


def test_the_eventbridge_expressions_fire_at_exactly_the_34_slots() -> None:
    fired = [clocks(eventbridge_expression(rule)) for rule in SCHEDULE]
    assert sorted(set().union(*fired)) == ALL_SLOTS
    assert sum(map(len, fired)) == len(ALL_SLOTS), "two rules fire at the same minute"


@pytest.mark.parametrize("minute", ALL_SLOTS)
def test_an_event_on_time_or_a_little_late_means_its_slot(minute: str) -> None:
    for late in (timedelta(0), timedelta(seconds=1), timedelta(minutes=1, seconds=59)):
        moment = (wib(minute) + late).astimezone(UTC)
        assert slot_of_event(moment.isoformat()) == slot(minute)


def test_an_event_in_eventbridges_own_writing_is_read() -> None:
    assert str(slot_of_event("2026-02-20T10:00:00Z")) == "2026-02-20T17:00+07:00"
    assert str(slot_of_event("2026-02-19T23:00:00Z")) == "2026-02-20T06:00+07:00"


def test_an_event_means_its_slot_for_less_than_25_minutes() -> None:
    assert timedelta(minutes=25) == CATCH_UP_LIMIT
    assert slot_of_event("2026-02-20T17:24:59+07:00") == slot("17:00")
    assert slot_of_event("2026-02-20T22:22:59+07:00") == slot("21:58")
    for too_late in ("17:25:00", "17:29:59", "20:57:59", "22:23:00", "23:59:59"):
        with pytest.raises(BadInput, match=r"^time: no slot in the 25 minutes before"):
            slot_of_event(f"2026-02-20T{too_late}+07:00")


@pytest.mark.parametrize("early", ["00:00:00", "00:10:00", "05:35:00", "05:59:59"])
def test_an_event_before_the_first_slot_means_none(early: str) -> None:
    with pytest.raises(BadInput, match=r"^time: no slot"):
        slot_of_event(f"2026-02-20T{early}+07:00")


@pytest.mark.parametrize("text", ["", "now", "2026-02-30T10:00:00Z", "10:00"])
def test_an_event_without_a_readable_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^time: .* is not a time"):
        slot_of_event(text)


def test_an_event_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^time: .* has no zone.* \+07:00"):
        slot_of_event("2026-02-20T17:00:00")


@always
@given(moments)
def test_an_event_means_the_last_slot_of_its_day_or_nothing(moment: datetime) -> None:
    local = moment.astimezone(timezone(timedelta(hours=7)))
    past = [m for m in ALL_SLOTS if time.fromisoformat(m) <= local.time()]
    expected = slot(past[-1], local.date()) if past else None
    assert Slot.latest(moment) == expected
    if expected and moment - expected.at < timedelta(minutes=25):
        assert slot_of_event(moment.isoformat()) == expected
    else:
        with pytest.raises(BadInput):
            slot_of_event(moment.isoformat())


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-20T17:00+07:00",
        "2026-02-20T17:00:00.000+07:00",
        " 2026-02-20T10:00Z\n",
        "2026-02-20 17:00",
        "2026-02-20T17:00",
    ],
)
def test_a_slot_is_read_in_any_zone_and_without_one_as_wib(text: str) -> None:
    assert Slot.parse(text) == slot("17:00")
    assert str(Slot.parse(text)) == "2026-02-20T17:00+07:00"


@pytest.mark.parametrize("text", ["", "tomorrow", "17:00", "2026-02-20T25:00"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"^at: .* is not a time\. Write it like 2026-02-20T17:00"):
        Slot.parse(text, "at")


@pytest.mark.parametrize(
    "text", ["2026-02-20T17:01", "2026-02-20T17:00:01", "2026-02-20", "2026-02-20T17:00Z"]
)
def test_a_time_that_is_no_slot_is_refused_with_the_schedule(text: str) -> None:
    with pytest.raises(BadInput, match=r"^slot: .* WIB is not a slot\. .*06:00 to 21:30") as error:
        Slot.parse(text)
    assert error.value.field == "slot"
    assert "20:58 and 21:58" in str(error.value)


def test_a_fraction_of_a_second_is_no_slot() -> None:
    with pytest.raises(BadInput):
        Slot.exactly(wib("17:00") + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("05:59:59", None),
        ("06:00:00", "06:00"),
        ("06:29:59", "06:00"),
        ("20:57:59", "20:30"),
        ("20:58:00", "20:58"),
        ("21:00:00", "21:00"),
        ("23:59:59", "21:58"),
        ("00:00:00", None),
    ],
)
def test_the_latest_slot_is_of_the_same_wib_day(clock: str, expected: str | None) -> None:
    assert Slot.latest(wib(clock)) == (slot(expected) if expected else None)


def test_the_hour_key_is_the_wib_hour() -> None:
    assert Slot.parse("2026-02-19T23:30Z").hour_key == "2026-02-20-06"
    assert Slot.parse("2026-02-20T13:58Z").hour_key == "2026-02-20-20"
    assert Slot.parse("2026-02-19T23:30Z").day == DAY


@pytest.mark.parametrize(
    ("clock", "hour"),
    [
        ("05:59", None),
        ("06:00", "2026-02-20-06"),
        ("17:00", "2026-02-20-17"),
        ("17:30", "2026-02-20-17"),
        ("17:59", "2026-02-20-17"),
        ("18:00", None),
        ("20:58", None),
    ],
)
def test_task_lists_are_sent_from_06_00_to_17_59(clock: str, hour: str | None) -> None:
    assert task_list_hour(slot(clock)) == hour


def test_the_edges_of_the_task_list_window_can_be_set() -> None:
    assert task_list_hour(slot("06:00"), time(7), time(9, 30)) is None
    assert task_list_hour(slot("07:00"), time(7), time(9, 30)) == "2026-02-20-07"
    assert task_list_hour(slot("09:30"), time(7), time(9, 30)) == "2026-02-20-09"
    assert task_list_hour(slot("10:00"), time(7), time(9, 30)) is None


@pytest.mark.parametrize(
    ("clock", "start", "end"),
    [
        ("06:00", "05:30", "06:00"),
        ("06:30", "06:00", "06:30"),
        ("20:58", "20:30", "21:00"),
        ("21:00", "20:30", "21:00"),
        ("21:58", "21:30", "22:00"),
    ],
)
def test_an_audit_window_is_the_half_hour_of_its_slot(clock: str, start: str, end: str) -> None:
    assert audit_window(slot(clock)) == (wib(start), wib(end))


@always
@given(slots)
def test_an_audit_window_has_exact_half_hour_bounds_around_the_slot(of: Slot) -> None:
    start, end = audit_window(of)
    assert end - start == timedelta(minutes=30)
    assert (end.minute % 30, end.second, end.microsecond) == (0, 0, 0)
    assert abs(end - of.at) <= timedelta(minutes=2)


@pytest.mark.parametrize(
    ("client_type", "clock", "expires"),
    [
        ("org", "17:00", "17:30"),
        ("org", "20:30", "20:58"),
        ("org", "20:58", "21:28"),
        ("org", "21:00", "21:30"),
        ("org", "21:30", "21:58"),
        ("org", "21:58", "22:28"),
        ("direktorat", "20:30", "21:00"),
        ("direktorat", "20:58", "21:00"),
        ("direktorat", "21:30", "21:58"),
        ("direktorat", "21:58", "22:28"),
    ],
)
def test_a_job_lives_until_a_slot_takes_its_work_over(
    client_type: str, clock: str, expires: str
) -> None:
    assert job_expiry("POLRES_X", client_type, slot(clock)) == wib(expires)


@always
@given(slots, st.sampled_from(CLIENTS))
def test_a_job_lives_for_up_to_30_minutes(of: Slot, client: tuple[str, str | None, str]) -> None:
    client_id, client_type, _ = client
    expires = job_expiry(client_id, client_type, of)
    assert of.at < expires <= of.at + timedelta(minutes=30)


@always
@given(slots, st.sampled_from(CLIENTS))
def test_a_fetch_that_expires_early_is_taken_over_by_a_fetch(
    of: Slot, client: tuple[str, str | None, str]
) -> None:
    client_id, client_type, segment = client
    expires = job_expiry(client_id, client_type, of)
    if expires < of.at + timedelta(minutes=30) and f"{of.at:%H:%M}" in POST_SLOTS[segment]:
        assert f"{expires:%H:%M}" in POST_SLOTS[segment]


def test_a_wib_day_begins_at_17_00_utc_and_has_24_hours() -> None:
    start, end = day_bounds(DAY)
    assert start == datetime(2026, 2, 19, 17, tzinfo=UTC)
    assert end - start == timedelta(hours=24)
    assert wib_day(start - timedelta(microseconds=1)) == date(2026, 2, 19)
    assert wib_day(end) == date(2026, 2, 21)


@always
@given(moments)
def test_a_moments_wib_day_is_the_same_in_whatever_zone_it_is_told(moment: datetime) -> None:
    seven_hours_on = int(moment.timestamp()) + 7 * 3600
    assert wib_day(moment) == date(1970, 1, 1) + timedelta(days=seven_hours_on // 86400)
    start, end = day_bounds(wib_day(moment))
    assert start <= moment < end


@always
@given(moments)
def test_a_moment_in_wib_is_the_same_moment(moment: datetime) -> None:
    assert to_wib(moment) == moment
    assert to_wib(moment).utcoffset() == timedelta(hours=7)


def test_a_naive_moment_is_refused_everywhere() -> None:
    naive = datetime(2026, 2, 20, 17)  # noqa: DTZ001
    for refuses in (to_wib, wib_day, Slot.exactly, Slot.latest):
        with pytest.raises(BadInput, match=r"has no zone\. Add one, such as \+07:00"):
            refuses(naive)
    with pytest.raises(BadInput, match=r"^posted_at: "):
        to_wib(naive, "posted_at")


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01T17:00", "2000-12-31T17:00", "2101-01-01T06:00", "9999-12-31T17:00"),
        *("0001-01-01T00:00+14:00", "9999-12-31T23:30Z"),
    ],
)
def test_a_slot_or_a_day_of_another_century_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^slot: .* of this century\. Check the year\."):
        Slot.parse(text)
    with pytest.raises(BadInput, match=r"^--day: .* of this century\. Check the year\."):
        parse_day(text[:10], "--day")


def test_the_first_and_the_last_day_have_bounds() -> None:
    for day in (FIRST_DAY, LAST_DAY):
        assert parse_day(day.isoformat(), "day") == day
        assert Slot.parse(f"{day}T06:00").day == day
        assert day_bounds(day)[0] < day_bounds(day)[1]
