"""Whom a schedule reaches, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any, get_args

import pytest

from chalicelib.recap.forms.troubles import FIXES, TROUBLES
from chalicelib.recap.recipients import Trouble, reach
from chalicelib.recap.schedule import Schedule

GROUP, BOSS = "120363000000000001@g.us", "6281234567890@s.whatsapp.net"
ROW = {"client_group": GROUP, "client_operator": "081234567890", "client_super": "+6281234567890"}
ALL = Schedule(
    active=True,
    hours=(time(15, 20),),
    recipients=("group", "operator", "super"),
    forms=("text",),
)


def test_a_chat_that_is_named_twice_gets_a_recap_once() -> None:
    found = reach(replace(ALL, chats=f"0812 3456 7890, {GROUP}"), ROW)
    assert found.chats == (GROUP, BOSS)
    assert found.troubles == ()


@pytest.mark.parametrize(
    ("schedule", "row", "troubles"),
    [
        ({}, {"client_group": None}, ["group"]),
        ({}, {"client_group": f"{GROUP}, Grup Polres"}, ["group"]),
        ({}, {"client_operator": "-"}, ["operator"]),
        ({}, {"client_operator": None, "client_super": "Kapolres"}, ["operator", "super"]),
        ({"recipients": ("group",)}, {"client_super": None}, []),
        ({"recipients": ()}, {}, ["recipients"]),
        ({"recipients": (), "chats": "Pak Budi"}, {}, ["chats"]),
        ({"hours": (), "forms": ()}, {}, ["hours", "forms"]),
        ({"hours": (time(3),)}, {}, ["hours"]),
    ],
)
def test_what_keeps_a_recap_from_somebody_is_named(
    schedule: dict[str, Any], row: dict[str, Any], troubles: Sequence[Trouble]
) -> None:
    assert list(reach(replace(ALL, **schedule), ROW | row).troubles) == troubles


def test_every_trouble_has_its_words_and_its_fix() -> None:
    assert set(get_args(Trouble)) == set(TROUBLES) == set(FIXES)
