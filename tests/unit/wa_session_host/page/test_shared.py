"""What is read of all clients serves those who look at nearly the same time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from chalicelib.db import Transaction
from chalicelib.slots import WIB
from wa_session_host.page.shared import SharedLines

NOW = datetime(2026, 2, 20, 23, 59, 58, tzinfo=WIB)


class Reads:
    """A transaction without clients, which counts how often they are asked for."""

    def __init__(self) -> None:
        self.made = 0

    def run(self, name: str, **_: Any) -> list[dict[str, Any]]:
        assert name == "overview_clients.lines"
        self.made += 1
        return [{"lines": ""}]


def test_one_read_serves_all_for_some_seconds_and_says_when_it_was() -> None:
    seconds = [100.0]
    reads, shared = Reads(), SharedLines(5, lambda: seconds[0])
    tx, later = cast("Transaction", reads), NOW + timedelta(seconds=1)
    shared.read(tx, NOW)
    seconds[0] += 4.9
    assert shared.read(tx, later).read_at == NOW
    seconds[0] += 0.1
    assert shared.read(tx, later).read_at == later
    assert reads.made == 2


def test_it_ends_with_the_day_and_when_somebody_has_acted() -> None:
    reads, shared = Reads(), SharedLines(5, lambda: 0.0)
    tx, tomorrow = cast("Transaction", reads), NOW + timedelta(seconds=2)
    shared.read(tx, NOW)
    assert shared.read(tx, tomorrow).read_at == tomorrow
    shared.forget()
    shared.read(tx, tomorrow)
    assert reads.made == 3


def test_nothing_is_shared_for_no_seconds() -> None:
    reads, shared = Reads(), SharedLines(0, lambda: 0.0)
    for _ in range(2):
        shared.read(cast("Transaction", reads), NOW)
    assert reads.made == 2
