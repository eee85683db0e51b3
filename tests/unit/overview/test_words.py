"""That nothing is shown in English: every state has its word."""

from __future__ import annotations

from typing import get_args

from chalicelib.handles import Problem
from chalicelib.outbox.messages import MessageKind
from chalicelib.overview import words
from chalicelib.overview.client_day import EventKind
from chalicelib.overview.concerns import ACTIONS, Action, Kind
from chalicelib.overview.slots import State
from chalicelib.overview.standing import Standing
from chalicelib.requests import OutboxStatus
from chalicelib.results import Verdict
from chalicelib.tasks import Ending
from chalicelib.texts.ledger import ChangeKind


def test_every_state_has_a_word() -> None:
    assert set(words.STANDINGS) == set(Standing)
    for kinds, known in (
        (State, words.SLOT_STATES),
        (Verdict, words.VERDICTS),
        (Ending, words.ENDINGS),
        (ChangeKind, words.CHANGES),
        (MessageKind, words.MESSAGE_KINDS),
        (OutboxStatus, words.MESSAGE_STATES),
        (EventKind, words.EVENTS),
        (Problem, words.HANDLE_PROBLEMS),
        (Kind, words.CONCERNS),
        (Kind, words.ADVICE),
        (Kind, ACTIONS),
        (Action, words.ACTIONS),
    ):
        assert set(get_args(kinds)) == set(known)


def test_a_case_s_detail_is_told_in_words() -> None:
    assert words.detail("handle", "other_site") == "tautan ke situs lain"
    assert words.detail("api_closed", "quota /v1/likes") == "kuota API habis (/v1/likes)"
    assert words.detail("behind", "upstream") == "API sedang terganggu"
    assert words.detail("coverage", "short") == "daftar berakhir terlalu awal"
    assert words.detail("group_entry", "2") == "2 isian bukan id grup"
    assert words.detail("held", None) == ""
