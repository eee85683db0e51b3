"""Until when a phone code can be typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from tests.unit.builders import wib
from wa_session_host.page.whatsapp.phone_code import round_to_type_in
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot, Times
from wa_session_host.session.states import Event

NOW = wib("08:00")
IDLE = Snapshot("gateway", "connected", NOW)


class Pairing:
    """A session that shows a code, and a new round's first one, if any, when this one is over."""

    def __init__(self, left: float | None, fresh: float | None = None) -> None:
        self.times = Times()
        self.snapshot = showing(left)
        self.told: list[Event] = []
        self._fresh = fresh

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.snapshot = showing(self._fresh)

    def round(self) -> float | None:
        """The seconds to type in."""
        until = round_to_type_in(cast("Session", self), lambda: NOW, patience=0.3)
        return None if until is None else (until - NOW).total_seconds()


def showing(left: float | None) -> Snapshot:
    if left is None:
        return IDLE
    return replace(IDLE, state="pairing", code="c", round_until=NOW + timedelta(seconds=left))


@pytest.mark.parametrize("left", [160, 120])
def test_a_round_with_two_minutes_left_is_used(left: float) -> None:
    pairing = Pairing(left)
    assert (pairing.round(), pairing.told) == (left, [])


@pytest.mark.parametrize("left", [119, 1, -3])
def test_a_round_with_less_left_gives_way_to_a_new_one(left: float) -> None:
    pairing = Pairing(left, fresh=160)
    assert (pairing.round(), pairing.told) == (160, ["qr_expired"])


def test_without_a_new_round_there_is_nothing_to_type_in() -> None:
    assert Pairing(20, fresh=None).round() is None


def test_a_session_that_shows_no_code_is_left_alone() -> None:
    pairing = Pairing(None)
    assert (pairing.round(), pairing.told) == (None, [])
