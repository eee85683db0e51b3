"""What a child's reports amount to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always, wib
from wa_session_host.protocol import Ended, Happened, Pong, Qr, Report, RetryReceipt
from wa_session_host.session.reports import REMEMBERED, ReportReader, Window, pong_event
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import Event, State

MOMENT = wib("08:00")


class Reading:
    """A reader and the snapshot that its reports leave behind."""

    def __init__(self) -> None:
        self.reader = ReportReader(Times())
        self.shot = Snapshot("gateway", "connected", MOMENT)

    def read(self, report: Report, now: float = 1000.0) -> list[tuple[Event, str]]:
        self.shot, events = self.reader.read(report, self.shot, now, MOMENT)
        return events

    def happen(self, event: Any, now: float = 1000.0) -> list[Event]:
        return [event for event, _ in self.read(Happened(event=event), now)]


def test_the_library_s_events_keep_their_names_and_codes() -> None:
    events = Reading().read(Happened(event="logged_out", code="MAIN_DEVICE_GONE"))
    assert events == [("logged_out", "MAIN_DEVICE_GONE")]


def test_the_end_of_connect_is_an_event_with_its_error() -> None:
    assert Reading().read(Ended(error="no network")) == [("connect_ended", "no network")]


def test_codes_are_counted_and_each_says_until_when_it_holds() -> None:
    reading = Reading()
    assert reading.read(Qr(code="one")) == [("qr", "")]
    first = reading.shot
    reading.read(Qr(code="two"))
    second = reading.shot
    assert (first.code, first.code_number) == ("one", 1)
    assert (second.code, second.code_number) == ("two", 2)
    assert first.code_until == MOMENT + timedelta(seconds=60)
    assert second.code_until == MOMENT + timedelta(seconds=20)


def test_a_round_of_codes_ends_160_seconds_after_its_first() -> None:
    reading = Reading()
    for code in ("one", "two"):
        reading.read(Qr(code=code))
        assert reading.shot.round_until == MOMENT + timedelta(seconds=160)


@pytest.mark.parametrize(("seconds", "waited"), [(600, 660), (0, 3660)])
def test_a_ban_ends_with_a_margin_and_after_an_hour_where_nobody_says(
    seconds: int, waited: int
) -> None:
    reading = Reading()
    reading.read(Happened(event="temporary_ban", seconds=seconds))
    assert reading.shot.banned_until == MOMENT + timedelta(seconds=waited)


def test_a_second_replacement_within_ten_minutes_is_one_again() -> None:
    reading = Reading()
    assert reading.happen("stream_replaced", 1000) == ["stream_replaced"]
    assert reading.happen("stream_replaced", 1601) == ["stream_replaced"]
    assert reading.happen("stream_replaced", 2200) == ["replaced_again"]
    assert reading.happen("stream_replaced", 2300) == ["replaced_again"]


def test_after_a_person_took_over_a_replacement_is_a_first() -> None:
    reading = Reading()
    reading.happen("stream_replaced")
    reading.reader.forget_replacements()
    assert reading.happen("stream_replaced") == ["stream_replaced"]


def test_more_than_thirty_unreadable_messages_within_ten_minutes_are_told_and_counted_again() -> (
    None
):
    reading = Reading()
    told = [len(reading.happen("undecryptable", 1000 + number)) == 2 for number in range(62)]
    assert [number for number, is_told in enumerate(told, 1) if is_told] == [31, 62]
    assert reading.shot.undecryptable == 62


def test_unreadable_messages_now_and_then_are_only_counted() -> None:
    reading = Reading()
    for number in range(90):
        assert reading.happen("undecryptable", 1000 + 20.1 * number) == ["undecryptable"]
    assert reading.shot.undecryptable == 90


def test_retries_are_counted_and_those_for_all_but_the_last_256_messages_apart() -> None:
    reading = Reading()
    for number in range(REMEMBERED + 1):
        reading.reader.note_sent(f"ID{number}")
    assert reading.read(RetryReceipt(message_ids=["ID0", "ID1", "ID256", "other"])) == []
    assert reading.read(RetryReceipt(message_ids=["ID256"])) == []
    assert (reading.shot.retry_receipts, reading.shot.retry_receipts_too_late) == (5, 2)


def test_a_new_child_has_none_of_the_messages_that_the_one_before_it_sent() -> None:
    reading = Reading()
    reading.reader.note_sent("ID1")
    reading.reader.forget_sent()
    reading.reader.note_sent("ID2")
    reading.read(RetryReceipt(message_ids=["ID1", "ID2"]))
    assert (reading.shot.retry_receipts, reading.shot.retry_receipts_too_late) == (2, 1)


@always
@given(st.integers(0, 1000), st.lists(st.integers(0, 500)))
def test_a_window_counts_what_happened_within_it(seconds: int, pauses: list[int]) -> None:
    window, now, noted = Window(seconds), 0.0, list[float]()
    for pause in pauses:
        now += pause
        noted.append(now)
        assert window.note(now) == sum(now - moment <= seconds for moment in noted)


@pytest.mark.parametrize(
    ("connected", "logged_in", "state", "event"),
    [
        (True, True, "reconnecting", "keep_alive_restored"),
        (True, True, "connected", None),
        (True, False, "connected", "disconnected"),
        (False, False, "connected", "disconnected"),
        (True, False, "pairing", None),
        (False, False, "pairing", "pair_failed"),
        (False, False, "starting", None),
    ],
)
def test_a_pong_is_an_event_where_it_contradicts_the_state(
    connected: bool, logged_in: bool, state: State, event: Event | None
) -> None:
    pong = Pong(connected=connected, logged_in=logged_in)
    assert pong_event(pong, state, codes_shown=False) == event


def test_codes_that_were_shown_long_enough_expire_and_do_not_fail() -> None:
    gone = Pong(connected=False, logged_in=False)
    assert pong_event(gone, "pairing", codes_shown=True) == "qr_expired"
