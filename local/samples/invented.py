"""The day on which the samples play, and a message in parts as one text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from chalicelib.slots import WIB
from chalicelib.texts import Part

DAY = date(2026, 2, 20)
PARTS_APART = "\n----------\n"


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """A moment of the samples' day, in WIB."""
    return datetime.combine(day, time(hour, minute), WIB)


def joined(parts: Sequence[Part]) -> str:
    return PARTS_APART.join(part.text for part in parts)
