"""What is known of a session after an event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.builders import wib
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import BARRING, STATES, Event, State, react

THEN, NOW = wib("08:00"), wib("08:05")
PAIRING = Snapshot(
    "gateway", "pairing", THEN, "qr", code="c", code_number=3, code_until=NOW, round_until=NOW
)


def test_a_state_s_beginning_moves_only_with_the_state() -> None:
    again = PAIRING.entered("pairing", "qr", "", NOW)
    other = PAIRING.entered("starting", "paired", "", NOW)
    assert (again.since, other.since) == (THEN, NOW)


@pytest.mark.parametrize("state", STATES)
def test_messages_are_taken_after_an_event_only_where_it_connected(state: State) -> None:
    shot = replace(PAIRING, link_up=True).entered(state, "lease_held", "", NOW)
    assert shot.consumes is (state == "connected")


def test_a_code_lives_while_the_session_pairs() -> None:
    assert PAIRING.entered("pairing", "qr", "", NOW).code == "c"
    gone = PAIRING.entered("starting", "paired", "", NOW)
    assert (gone.code, gone.code_number, gone.code_until, gone.round_until) == (None, 0, None, None)


def test_after_the_last_code_the_page_still_knows_when_it_expired() -> None:
    expired = PAIRING.entered("pairing", "qr_expired", "", NOW)
    assert (expired.code, expired.code_number, expired.code_until) == (None, 0, NOW)
    assert expired.round_until is None


def test_a_ban_is_over_once_the_account_is_connected() -> None:
    banned = Snapshot("gateway", "banned", THEN, banned_until=NOW)
    assert banned.entered("starting", "child_started", "", NOW).banned_until == NOW
    assert banned.entered("connected", "connected", "", NOW).banned_until is None


FLAPS: list[Event] = ["lease_lost", "lease_held"] * 3


def after(*events: Event) -> Snapshot:
    """What is known of a connected session after these events, and its ban's end."""
    shot = Snapshot("gateway", "connected", THEN)
    for event in events:
        if event == "temporary_ban":
            shot = replace(shot, banned_until=NOW)
        state = react(shot.state, event, shot.barred_by).state
        shot = shot if state is None else shot.entered(state, event, "", NOW)
    return shot


@pytest.mark.parametrize("event", sorted(BARRING))
def test_however_often_the_lease_comes_and_goes_the_session_stays_down_for_the_same_reason(
    event: Event,
) -> None:
    before, again = after(event), after(event, *FLAPS)
    assert (again.state, again.reason) == (before.state, before.reason) == (before.state, event)
    assert again.banned_until == before.banned_until


@pytest.mark.parametrize("event", ["child_started", "restart_asked", "logged_out"])
def test_what_brought_the_session_back_is_not_undone_by_the_lease(event: Event) -> None:
    assert after("replaced_again", event, "lease_lost", "lease_held").state == "starting"
