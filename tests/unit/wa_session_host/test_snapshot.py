"""What is known of a session after an event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.builders import wib
from wa_session_host.snapshot import Snapshot
from wa_session_host.states import STATES, State

THEN, NOW = wib("08:00"), wib("08:05")
PAIRING = Snapshot("gateway", "pairing", THEN, "qr", code="c", code_number=3, code_until=NOW)


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
    assert (gone.code, gone.code_number, gone.code_until) == (None, 0, None)


def test_after_the_last_code_the_page_still_knows_when_it_expired() -> None:
    expired = PAIRING.entered("pairing", "qr_expired", "", NOW)
    assert (expired.code, expired.code_number, expired.code_until) == (None, 0, NOW)


def test_a_ban_is_over_once_the_account_is_connected() -> None:
    banned = Snapshot("gateway", "banned", THEN, banned_until=NOW)
    assert banned.entered("starting", "child_started", "", NOW).banned_until == NOW
    assert banned.entered("connected", "connected", "", NOW).banned_until is None
