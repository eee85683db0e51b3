"""Which event is due for a child, at the default patience."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always
from wa_session_host.session.deadlines import Deadlines
from wa_session_host.session.snapshot import Times
from wa_session_host.session.states import EVENTS, Event, State, react

START = 1000.0


def answering(now: float = START) -> Deadlines:
    """The clocks of a child that started at START and answered a ping now."""
    clocks = Deadlines(Times(), START)
    clocks.heard, clocks.answered = now, True
    return clocks


def in_state(state: State, event: Event, *moments: float) -> Deadlines:
    """The clocks of a child that brought the session into the state at the first moment, and met
    it there at the others. It is never silent."""
    clocks = answering(START + 100_000)
    for moment in moments:
        clocks.entered(state, event, moment)
    return clocks


def test_a_child_that_gives_no_sign_of_life_for_fifteen_seconds_is_silent() -> None:
    clocks = answering(START + 5)
    assert [clocks.due(START + 5 + seconds) for seconds in (15, 15.1)] == [None, "child_silent"]


def test_a_child_that_still_loads_may_be_silent_for_twice_as_long() -> None:
    clocks = Deadlines(Times(), START)
    assert [clocks.due(START + seconds) for seconds in (30, 30.1)] == [None, "child_silent"]


def test_a_start_may_take_two_minutes() -> None:
    clocks = answering(START + 120)
    assert [clocks.due(START + seconds) for seconds in (120, 120.1)] == [None, "start_too_long"]


def test_the_login_after_a_late_pairing_has_two_minutes_of_its_own() -> None:
    clocks = in_state("pairing", "qr", START + 1)
    clocks.entered("starting", "paired", START + 150)
    assert [clocks.due(START + seconds) for seconds in (270, 270.1)] == [None, "start_too_long"]


def test_the_first_code_holds_for_a_minute_the_next_for_twenty_seconds_and_a_grace() -> None:
    clocks = in_state("pairing", "qr", START)
    assert [clocks.due(START + seconds) for seconds in (65, 65.1)] == [None, "qr_expired"]
    clocks.entered("pairing", "qr", START + 60)
    assert [clocks.due(START + seconds) for seconds in (85, 85.1)] == [None, "qr_expired"]


@pytest.mark.parametrize(
    ("state", "event"),
    [("pairing", "qr_expired"), ("starting", "paired"), ("connected", "connected")],
)
def test_a_code_that_was_used_or_given_up_expires_no_more(state: State, event: Event) -> None:
    clocks = in_state("pairing", "qr", START)
    clocks.entered(state, event, START + 10)
    assert clocks.due(START + 100) is None


def test_ten_minutes_offline_are_too_long_whatever_else_is_told_meanwhile() -> None:
    clocks = in_state("reconnecting", "keep_alive_timeout", START, START + 300, START + 599)
    assert [clocks.due(START + seconds) for seconds in (600, 600.1)] == [None, "offline_too_long"]


def test_a_connection_that_came_back_is_offline_no_more() -> None:
    clocks = in_state("reconnecting", "disconnected", START)
    clocks.entered("connected", "connected", START + 599)
    assert clocks.due(START + 5000) is None


def test_a_session_that_has_held_for_a_minute_is_settled() -> None:
    clocks = in_state("connected", "connected", START, START + 50)
    assert [clocks.settled(START + seconds) for seconds in (60, 60.1)] == [False, True]
    clocks.entered("reconnecting", "disconnected", START + 70)
    assert not clocks.settled(START + 200)


def test_codes_that_were_shown_for_a_minute_make_up_for_what_failed_before() -> None:
    clocks = in_state("pairing", "qr", START, START + 50)
    assert [clocks.settled(START + seconds) for seconds in (60, 60.1)] == [False, True]


def test_a_connection_that_ends_with_the_codes_is_told_from_one_that_never_held() -> None:
    clocks = in_state("pairing", "qr", START)
    assert [clocks.codes_shown(START + seconds) for seconds in (10, 10.1)] == [False, True]
    clocks.entered("starting", "paired", START + 30)
    assert not clocks.codes_shown(START + 60)


def test_a_child_is_pinged_at_once_and_then_every_three_seconds() -> None:
    clocks = answering()
    assert clocks.ping_due(START)
    clocks.pinged = START
    assert [clocks.ping_due(START + seconds) for seconds in (3, 3.1)] == [False, True]


@always
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 100))))
def test_only_a_child_in_the_state_that_an_event_is_about_gets_it(
    events: list[tuple[Event, float]],
) -> None:
    about: dict[Event | None, State] = {
        "start_too_long": "starting",
        "qr_expired": "pairing",
        "offline_too_long": "reconnecting",
    }
    state: State = "starting"
    clocks, now = Deadlines(Times(), START), START
    for event, pause in events:
        now += pause
        clocks.heard = now
        state = react(state, event).state or state
        clocks.entered(state, event, now)
        due = clocks.due(now)
        assert due is None or about[due] == state
        assert not clocks.settled(now) or state in ("connected", "pairing")
