"""The page's words."""

from __future__ import annotations

from typing import get_args

from chalicelib.outbox.redrive import Why
from wa_session_host.page import words
from wa_session_host.session.states import Event, State


def test_there_are_words_for_every_refusal_and_every_state() -> None:
    assert set(words.NOT_POSSIBLE) == set(get_args(Why))
    assert set(words.STATES) == set(words.STATE_LEVELS) == set(get_args(State))
    assert set(words.EVENTS) == set(get_args(Event))
